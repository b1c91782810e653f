//! `$search`: words that stand at the beginning of a word of a property.

use serde_json::Value;

use super::{ODataProblem, property};

/// `"displayName:word"`, one or several joined by `AND` or `OR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// Any of these lists, all of its clauses.
    any: Vec<Vec<Clause>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    field: String,
    word: String,
}

/// Clauses of one search.
const MAX_CLAUSES: usize = 50;

impl Search {
    pub(crate) fn parse(text: &str) -> Result<Self, ODataProblem> {
        let mut any = vec![Vec::new()];
        let mut rest = text.trim();
        for _ in 0..MAX_CLAUSES {
            let inside = rest.strip_prefix('"').ok_or_else(malformed)?;
            let (clause, after) = inside.split_once('"').ok_or_else(malformed)?;
            let (field, word) = clause.split_once(':').ok_or_else(malformed)?;
            if let Some(all) = any.last_mut() {
                all.push(Clause {
                    field: field.trim().to_owned(),
                    word: word.trim().to_lowercase(),
                });
            }
            let after = after.trim_start();
            rest = if after.is_empty() {
                return Ok(Self { any });
            } else if let Some(more) = after.strip_prefix("AND ") {
                more
            } else if let Some(more) = after.strip_prefix("OR ") {
                any.push(Vec::new());
                more
            } else {
                return Err(malformed());
            }
            .trim_start();
        }
        Err(malformed())
    }

    pub(crate) fn matches(&self, entity: &Value) -> bool {
        self.any.iter().any(|all| {
            all.iter().all(|clause| {
                let own = entity
                    .as_object()
                    .and_then(|own| property(own, &clause.field));
                let own = own.and_then(Value::as_str);
                own.is_some_and(|own| is_in(&own.to_lowercase(), &clause.word))
            })
        })
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
        ] {
            assert_eq!(
                Search::parse(search).unwrap().matches(&entity),
                expected,
                "{search}"
            );
        }
        for broken in ["", "a", "\"a", "\"a\"", "\"a:b\" x", "\"a:b\" AND "] {
            assert!(Search::parse(broken).is_err(), "{broken}");
        }
    }
}
