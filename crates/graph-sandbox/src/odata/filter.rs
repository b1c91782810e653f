//! `$filter`: comparisons, `startswith`, `in`, `isof`, `any`, joined by
//! `and`, `or` and `not`.

use serde_json::Value;

use super::ODataProblem;

/// A condition on an entity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Equals {
        field: String,
        value: Value,
    },
    OneOf {
        field: String,
        values: Vec<Value>,
    },
    Compared {
        field: String,
        order: Comparison,
        value: Value,
    },
    HasText {
        field: String,
        place: Place,
        text: String,
    },
    IsOf {
        type_name: String,
    },
    AnyEquals {
        field: String,
        value: Value,
    },
}

/// `gt`, `ge`, `lt`, `le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Where a text has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    End,
    Anywhere,
}

/// Parentheses and `not`s inside each other.
const MAX_DEPTH: usize = 16;
/// Words of one filter.
const MAX_TOKENS: usize = 1_000;

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, ODataProblem> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
        };
        let filter = parser.or(MAX_DEPTH)?;
        if parser.at == tokens.len() {
            Ok(filter)
        } else {
            Err(malformed())
        }
    }

    pub(crate) fn matches(&self, entity: &Value) -> bool {
        match self {
            Self::And(left, right) => left.matches(entity) && right.matches(entity),
            Self::Or(left, right) => left.matches(entity) || right.matches(entity),
            Self::Not(inner) => !inner.matches(entity),
            Self::Equals { field, value } => same(read(entity, field), value),
            Self::OneOf { field, values } => {
                values.iter().any(|value| same(read(entity, field), value))
            }
            Self::Compared {
                field,
                order,
                value,
            } => compare(read(entity, field), value).is_some_and(|found| match order {
                Comparison::Greater => found.is_gt(),
                Comparison::GreaterOrEqual => found.is_ge(),
                Comparison::Less => found.is_lt(),
                Comparison::LessOrEqual => found.is_le(),
            }),
            Self::HasText { field, place, text } => {
                let text = text.to_lowercase();
                read(entity, field).as_str().is_some_and(|own| {
                    let own = own.to_lowercase();
                    match place {
                        Place::Start => own.starts_with(&text),
                        Place::End => own.ends_with(&text),
                        Place::Anywhere => own.contains(&text),
                    }
                })
            }
            Self::IsOf { type_name } => entity
                .get("@odata.type")
                .and_then(Value::as_str)
                .is_some_and(|own| own.trim_start_matches('#').eq_ignore_ascii_case(type_name)),
            Self::AnyEquals { field, value } => read(entity, field)
                .as_array()
                .is_some_and(|items| items.iter().any(|item| same(item, value))),
        }
    }

    /// Whether the directory answers it only with `ConsistencyLevel: eventual`.
    pub(crate) fn is_advanced(&self) -> bool {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.is_advanced() || right.is_advanced()
            }
            Self::Not(_) => true,
            Self::HasText { place, .. } => *place != Place::Start,
            _ => false,
        }
    }
}

fn read<'a>(entity: &'a Value, field: &str) -> &'a Value {
    field.split('/').fold(entity, |value, step| {
        value.get(step).unwrap_or(&Value::Null)
    })
}

/// Strings compare without regard to case, as Graph's do.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            left == right || left.to_lowercase() == right.to_lowercase()
        }
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

/// Numbers by size, texts by their letters: times are written so that this is their order.
fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => {
            Some(left.to_lowercase().cmp(&right.to_lowercase()))
        }
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

fn tokens(text: &str) -> Result<Vec<Token>, ODataProblem> {
    let mut out = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if out.len() == MAX_TOKENS {
            return Err(malformed());
        }
        out.push(match letter {
            ' ' | '\t' => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            ':' => Token::Colon,
            '\'' => Token::Text(quoted(&mut letters)?),
            first => {
                // `c:` in a lambda ends a word; a time has digits before it.
                let ends = if first.is_ascii_digit() {
                    " \t(),'"
                } else {
                    " \t(),':"
                };
                let mut word = String::from(first);
                while let Some(next) = letters.next_if(|next| !ends.contains(*next)) {
                    word.push(next);
                }
                Token::Word(word)
            }
        });
    }
    Ok(out)
}

fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, ODataProblem> {
    let mut text = String::new();
    loop {
        match letters.next() {
            Some('\'') if letters.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(letter) => text.push(letter),
            None => return Err(malformed()),
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn or(&mut self, depth: usize) -> Result<Filter, ODataProblem> {
        let mut left = self.and(depth)?;
        while self.takes_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Filter, ODataProblem> {
        let mut left = self.term(depth)?;
        while self.takes_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.term(depth)?));
        }
        Ok(left)
    }

    fn term(&mut self, depth: usize) -> Result<Filter, ODataProblem> {
        let depth = depth.checked_sub(1).ok_or_else(malformed)?;
        if self.takes(&Token::Open) {
            let inner = self.or(depth)?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        if self.takes_word("not") {
            return Ok(Filter::Not(Box::new(self.term(depth)?)));
        }
        let name = self.word()?;
        if self.takes(&Token::Open) {
            return self.call(&name);
        }
        let operator = self.word()?;
        match operator.as_str() {
            "eq" => Ok(Filter::Equals {
                field: name,
                value: self.literal()?,
            }),
            "ne" => {
                let equals = Filter::Equals {
                    field: name,
                    value: self.literal()?,
                };
                Ok(Filter::Not(Box::new(equals)))
            }
            "in" => {
                self.expect(&Token::Open)?;
                let mut values = vec![self.literal()?];
                while self.takes(&Token::Comma) {
                    values.push(self.literal()?);
                }
                self.expect(&Token::Close)?;
                Ok(Filter::OneOf {
                    field: name,
                    values,
                })
            }
            other => {
                let order = match other {
                    "gt" => Comparison::Greater,
                    "ge" => Comparison::GreaterOrEqual,
                    "lt" => Comparison::Less,
                    "le" => Comparison::LessOrEqual,
                    _ => return Err(unsupported(other)),
                };
                Ok(Filter::Compared {
                    field: name,
                    order,
                    value: self.literal()?,
                })
            }
        }
    }

    /// After the name and the parenthesis of `startswith`, `isof` or `any`.
    fn call(&mut self, name: &str) -> Result<Filter, ODataProblem> {
        let filter = match name {
            "startswith" | "startsWith" => self.text(Place::Start)?,
            "endswith" | "endsWith" => self.text(Place::End)?,
            "contains" => self.text(Place::Anywhere)?,
            "isof" => {
                let Value::String(type_name) = self.literal()? else {
                    return Err(malformed());
                };
                Filter::IsOf {
                    type_name: type_name.trim_start_matches('#').to_owned(),
                }
            }
            _ => match name.strip_suffix("/any") {
                Some(field) => self.any(field)?,
                None => return Err(unsupported(name)),
            },
        };
        self.expect(&Token::Close)?;
        Ok(filter)
    }

    /// `displayName,'x'`.
    fn text(&mut self, place: Place) -> Result<Filter, ODataProblem> {
        let field = self.word()?;
        self.expect(&Token::Comma)?;
        match self.literal()? {
            Value::String(text) => Ok(Filter::HasText { field, place, text }),
            _ => Err(malformed()),
        }
    }

    /// `c:c eq 'Unified'`.
    fn any(&mut self, field: &str) -> Result<Filter, ODataProblem> {
        let variable = self.word()?;
        self.expect(&Token::Colon)?;
        if self.word()? != variable || self.word()? != "eq" {
            return Err(unsupported("any"));
        }
        Ok(Filter::AnyEquals {
            field: field.to_owned(),
            value: self.literal()?,
        })
    }

    fn literal(&mut self) -> Result<Value, ODataProblem> {
        let token = self.tokens.get(self.at).ok_or_else(malformed)?;
        self.at += 1;
        match token {
            Token::Text(text) => Ok(Value::String(text.clone())),
            Token::Word(word) => Ok(match word.as_str() {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                // A bare GUID or time is compared as text.
                other => match other.parse::<serde_json::Number>() {
                    Ok(number) => Value::Number(number),
                    Err(_) => Value::String(other.to_owned()),
                },
            }),
            Token::Open | Token::Close | Token::Comma | Token::Colon => Err(malformed()),
        }
    }

    fn word(&mut self) -> Result<String, ODataProblem> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            _ => Err(malformed()),
        }
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), ODataProblem> {
        if self.takes(wanted) {
            Ok(())
        } else {
            Err(malformed())
        }
    }
}

fn malformed() -> ODataProblem {
    ODataProblem::Malformed("Invalid filter clause.".to_owned())
}

fn unsupported(what: &str) -> ODataProblem {
    ODataProblem::Unsupported(format!(
        "Unsupported or invalid query filter clause: '{what}'."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(filter: &str, expected: bool) {
        let entity = json!({
            "@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
            "displayName": "Sales' Team", "securityEnabled": true, "version": 3,
            "groupTypes": ["Unified"], "nested": {"family": "baseline"}, "rule": null,
        });
        assert_eq!(
            Filter::parse(filter).unwrap().matches(&entity),
            expected,
            "{filter}"
        );
    }

    #[test]
    fn filters_say_what_they_mean() {
        check("displayName eq 'sales'' team'", true);
        check("displayName ne 'x'", true);
        check(
            "startswith(displayName,'Sal') and securityEnabled eq true",
            true,
        );
        check("startswith(displayName, 'x') or version eq 3", true);
        check("not (version eq 3)", false);
        check("groupTypes/any(c:c eq 'Unified')", true);
        check("groupTypes/any(c: c eq 'Other')", false);
        check(
            "isof('microsoft.graph.windowsUpdateForBusinessConfiguration')",
            true,
        );
        check("nested/family in ('none','baseline')", true);
        check("rule eq null", true);
        check("version gt 2 and version le 3", true);
        check("version lt 3 or nested/family ge 'c'", false);
        check("contains(displayName,'ES'' t')", true);
        check("endswith(displayName,'sales')", false);
    }

    #[test]
    fn broken_filters_are_refused_and_never_panic() {
        for text in [
            "",
            "'",
            "a",
            "a eq",
            "a eq 'x",
            "(a eq 1",
            "a eq 1)",
            "a has 1",
            "foo(a,'b')",
            "a in ()",
            "a/any(c:d eq 1)",
            "startswith(a,1)",
            "and",
            "not",
            ":",
            "a eq 1 b",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
        assert!(Filter::parse(&"not ".repeat(900)).is_err());
    }
}
