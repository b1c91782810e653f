//! From the words of a `$filter` to what it means.

use serde_json::Value;

use super::tokens::Token;
use super::{Comparison, Filter, Form, Literal, Place, malformed, unsupported};
use crate::odata::ODataProblem;

/// Parentheses and `not`s inside each other.
const MAX_DEPTH: usize = 16;

/// All of a filter; nothing may be left behind it.
pub(super) fn filter(tokens: &[Token]) -> Result<Filter, ODataProblem> {
    let mut parser = Parser {
        tokens,
        at: 0,
        variable: None,
    };
    let filter = parser.or(MAX_DEPTH)?;
    if parser.at == tokens.len() {
        Ok(filter)
    } else {
        Err(malformed())
    }
}

/// What a word is that stands without quotes: a GUID or a time, which are compared as text.
fn bare(word: &str) -> Option<Form> {
    let is_shaped = |shape: &str| {
        word.len() >= shape.len()
            && word
                .bytes()
                .zip(shape.bytes())
                .all(|(own, wanted)| match wanted {
                    b'x' => own.is_ascii_hexdigit(),
                    b'9' => own.is_ascii_digit(),
                    other => own == other,
                })
    };
    if is_shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
        Some(Form::Guid)
    } else {
        is_shaped("9999-99-99").then_some(Form::Time)
    }
}

/// Whether a function only changes the case of a text.
fn is_case(name: &str) -> bool {
    ["tolower", "toupper"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    /// The variable of the lambda that is being read.
    variable: Option<String>,
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
        let field = if is_case(&name) {
            self.at -= 1;
            self.operand()?
        } else if self.takes(&Token::Open) {
            return self.call(&name, depth);
        } else {
            self.field(name)?
        };
        let operator = self.word()?.to_ascii_lowercase();
        match operator.as_str() {
            "eq" => Ok(Filter::Equals {
                field,
                value: self.literal()?,
            }),
            "ne" => Ok(Filter::Differs {
                field,
                value: self.literal()?,
            }),
            "in" => {
                self.expect(&Token::Open)?;
                let mut values = vec![self.literal()?];
                while self.takes(&Token::Comma) {
                    values.push(self.literal()?);
                }
                self.expect(&Token::Close)?;
                Ok(Filter::OneOf { field, values })
            }
            "has" => match self.literal()?.value {
                Value::String(flags) => Ok(Filter::Has { field, flags }),
                _ => Err(malformed()),
            },
            other => {
                let order = match other {
                    "gt" => Comparison::Greater,
                    "ge" => Comparison::GreaterOrEqual,
                    "lt" => Comparison::Less,
                    "le" => Comparison::LessOrEqual,
                    _ => return Err(unsupported(other)),
                };
                Ok(Filter::Compared {
                    field,
                    order,
                    value: self.literal()?,
                })
            }
        }
    }

    /// After the name and the parenthesis of `startswith`, `isof` or `any`.
    fn call(&mut self, name: &str, depth: usize) -> Result<Filter, ODataProblem> {
        let filter = match name.to_ascii_lowercase().as_str() {
            "startswith" => self.text(Place::Start)?,
            "endswith" => self.text(Place::End)?,
            "contains" => self.text(Place::Anywhere)?,
            "isof" => {
                let Value::String(type_name) = self.literal()?.value else {
                    return Err(malformed());
                };
                Filter::IsOf {
                    type_name: type_name.trim_start_matches('#').to_owned(),
                }
            }
            _ => {
                let (field, quantifier) = name.rsplit_once('/').ok_or_else(|| unsupported(name))?;
                let field = self.field(field.to_owned())?;
                match quantifier.to_ascii_lowercase().as_str() {
                    "any" if self.tokens.get(self.at) == Some(&Token::Close) => {
                        Filter::NotEmpty { field }
                    }
                    "any" => Filter::Any {
                        field,
                        item: Box::new(self.lambda(depth)?),
                    },
                    "all" => Filter::All {
                        field,
                        item: Box::new(self.lambda(depth)?),
                    },
                    _ => return Err(unsupported(name)),
                }
            }
        };
        self.expect(&Token::Close)?;
        Ok(filter)
    }

    /// `displayName,'x'`.
    fn text(&mut self, place: Place) -> Result<Filter, ODataProblem> {
        let field = self.operand()?;
        self.expect(&Token::Comma)?;
        let is_called =
            matches!(self.tokens.get(self.at), Some(Token::Word(word)) if is_case(word));
        if is_called {
            self.at += 1;
            self.expect(&Token::Open)?;
        }
        let Value::String(text) = self.literal()?.value else {
            return Err(malformed());
        };
        if is_called {
            self.expect(&Token::Close)?;
        }
        Ok(Filter::HasText { field, place, text })
    }

    /// A property, in `tolower(...)` or not: texts are compared without regard to case anyway.
    fn operand(&mut self) -> Result<String, ODataProblem> {
        let name = self.word()?;
        if !is_case(&name) {
            return self.field(name);
        }
        self.expect(&Token::Open)?;
        let name = self.word()?;
        self.expect(&Token::Close)?;
        self.field(name)
    }

    /// `c:c eq 'Unified'`: a condition on each object of a collection.
    fn lambda(&mut self, depth: usize) -> Result<Filter, ODataProblem> {
        let own = self.word()?;
        self.expect(&Token::Colon)?;
        let outer = self.variable.replace(own);
        let item = self.or(depth);
        self.variable = outer;
        item
    }

    /// The path of a property; in a lambda it stands below the variable, whose own path is empty.
    fn field(&self, name: String) -> Result<String, ODataProblem> {
        let Some(variable) = &self.variable else {
            return Ok(name);
        };
        let below = name.strip_prefix(variable.as_str());
        match below.map(|below| below.strip_prefix('/').unwrap_or(below)) {
            Some("") if name == *variable => Ok(String::new()),
            Some(below) if name.len() == variable.len() + 1 + below.len() && !below.is_empty() => {
                Ok(below.to_owned())
            }
            _ => Err(unsupported("any")),
        }
    }

    fn literal(&mut self) -> Result<Literal, ODataProblem> {
        let token = self.tokens.get(self.at).ok_or_else(malformed)?;
        self.at += 1;
        let (value, form) = match token {
            Token::Text(text) => (Value::String(text.clone()), Form::Plain),
            Token::Word(word) => match word.as_str() {
                "null" => (Value::Null, Form::Plain),
                "true" => (Value::Bool(true), Form::Plain),
                "false" => (Value::Bool(false), Form::Plain),
                // A member of an enumeration behind its type: `microsoft.graph.kind'member'`.
                kind if kind.starts_with("microsoft.graph.") => match self.tokens.get(self.at) {
                    Some(Token::Text(member)) => {
                        self.at += 1;
                        (Value::String(member.clone()), Form::Plain)
                    }
                    _ => return Err(malformed()),
                },
                other => match (other.parse::<serde_json::Number>(), bare(other)) {
                    (Ok(number), _) => (Value::Number(number), Form::Plain),
                    (Err(_), Some(form)) => (Value::String(other.to_owned()), form),
                    (Err(_), None) => return Err(malformed()),
                },
            },
            Token::Open | Token::Close | Token::Comma | Token::Colon => return Err(malformed()),
        };
        Ok(Literal { value, form })
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
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
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
