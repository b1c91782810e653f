//! `$search`: words that stand at the beginning of a word of a property.

use serde_json::Value;

use super::{ODataProblem, property};

/// `"displayName:word"`, one or several joined by `AND` or `OR`, in parentheses or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Search {
    Clause { field: String, word: String },
    And(Box<Search>, Box<Search>),
    Or(Box<Search>, Box<Search>),
}

/// Clauses of one search, and parentheses inside each other.
const MAX_CLAUSES: usize = 50;

impl Search {
    pub(crate) fn parse(text: &str) -> Result<Self, ODataProblem> {
        let mut reader = Reader {
            rest: text.trim(),
            left: MAX_CLAUSES,
        };
        let search = reader.or()?;
        if reader.rest.is_empty() {
            Ok(search)
        } else {
            Err(malformed())
        }
    }

    pub(crate) fn matches(&self, entity: &Value) -> bool {
        match self {
            Self::And(left, right) => left.matches(entity) && right.matches(entity),
            Self::Or(left, right) => left.matches(entity) || right.matches(entity),
            Self::Clause { field, word } => {
                let own = entity.as_object().and_then(|own| property(own, field));
                let own = own.and_then(Value::as_str);
                own.is_some_and(|own| is_in(&own.to_lowercase(), word))
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    left: usize,
}

impl Reader<'_> {
    fn or(&mut self) -> Result<Search, ODataProblem> {
        let mut left = self.and()?;
        while self.takes("OR ") || self.takes("OR(") {
            left = Search::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Search, ODataProblem> {
        let mut left = self.term()?;
        while self.takes("AND ") || self.takes("AND(") {
            left = Search::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Search, ODataProblem> {
        self.left = self.left.checked_sub(1).ok_or_else(malformed)?;
        if self.takes("(") {
            let inner = self.or()?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err(malformed())
            };
        }
        let inside = self.rest.strip_prefix('"').ok_or_else(malformed)?;
        let (clause, after) = inside.split_once('"').ok_or_else(malformed)?;
        let (field, word) = clause.split_once(':').ok_or_else(malformed)?;
        self.rest = after.trim_start();
        Ok(Search::Clause {
            field: field.trim().to_owned(),
            word: word.trim().to_lowercase(),
        })
    }

    /// Passes over a sign or a word; the parenthesis behind a word is left.
    fn takes(&mut self, wanted: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(wanted) else {
            return false;
        };
        let kept = if wanted.len() > 1 && wanted.ends_with('(') {
            self.rest.get(wanted.len() - 1..)
        } else {
            Some(rest)
        };
        self.rest = kept.unwrap_or("").trim_start();
        true
    }
}

/// Whether `word` begins `text` or a word of it.
fn is_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|letter| !letter.is_alphanumeric())
    })
}

fn malformed() -> ODataProblem {
    ODataProblem::Malformed("Syntax error in $search.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_found_at_their_beginning() {
        let entity = json!({"displayName": "SEC Update Ring", "description": "Sales"});
        for (search, expected) in [
            ("\"displayName:upd\"", true),
            ("\"displayName:pdate\"", false),
            ("\"displayName:ring\" AND \"description:sal\"", true),
            ("\"displayName:x\" OR \"description:sal\"", true),
            (
                "(\"displayName:x\" OR \"displayName:sec\") AND (\"description:sal\")",
                true,
            ),
            (
                "\"displayName:x\" AND (\"description:sal\" OR \"displayName:sec\")",
                false,
            ),
        ] {
            assert_eq!(
                Search::parse(search).unwrap().matches(&entity),
                expected,
                "{search}"
            );
        }
        for broken in [
            "",
            "a",
            "\"a",
            "\"a\"",
            "\"a:b\" x",
            "\"a:b\" AND ",
            "(\"a:b\"",
            "\"a:b\")",
        ] {
            assert!(Search::parse(broken).is_err(), "{broken}");
        }
    }
}
