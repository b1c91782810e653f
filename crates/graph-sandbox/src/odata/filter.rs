//! `$filter`: comparisons, `startswith`, `in`, `has`, `isof`, `any`, `all`,
//! joined by `and`, `or` and `not`.

mod parser;
mod tokens;

use std::borrow::Cow;

use serde_json::Value;

use super::{ODataProblem, property};

/// A condition on an entity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Equals {
        field: String,
        value: Literal,
    },
    Differs {
        field: String,
        value: Literal,
    },
    OneOf {
        field: String,
        values: Vec<Literal>,
    },
    Compared {
        field: String,
        order: Comparison,
        value: Literal,
    },
    HasText {
        field: String,
        place: Place,
        text: String,
    },
    IsOf {
        type_name: String,
    },
    /// Every one of the flags, which are separated by commas, is set.
    Has {
        field: String,
        flags: String,
    },
    NotEmpty {
        field: String,
    },
    Any {
        field: String,
        item: Box<Filter>,
    },
    All {
        field: String,
        item: Box<Filter>,
    },
}

/// A value as a filter writes it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    pub(crate) value: Value,
    form: Form,
}

/// How a text is written: a time and a GUID stand without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Time,
    Guid,
}

impl Literal {
    /// The name of its type in OData; `None` for `null`, which is of any.
    pub(crate) fn edm(&self) -> Option<&'static str> {
        Some(match (&self.value, self.form) {
            (_, Form::Time) => "Edm.DateTimeOffset",
            (_, Form::Guid) => "Edm.Guid",
            (Value::String(_), Form::Plain) => "Edm.String",
            (Value::Bool(_), _) => "Edm.Boolean",
            (Value::Number(number), _) if number.is_f64() => "Edm.Double",
            (Value::Number(_), _) => "Edm.Int32",
            _ => return None,
        })
    }
}

/// `gt`, `ge`, `lt`, `le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    /// The operator as errors name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Greater => "GreaterThan",
            Self::GreaterOrEqual => "GreaterThanOrEqual",
            Self::Less => "LessThan",
            Self::LessOrEqual => "LessThanOrEqual",
        }
    }
}

/// Where a text has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    End,
    Anywhere,
}

impl Place {
    /// The function that asks for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "startswith",
            Self::End => "endswith",
            Self::Anywhere => "contains",
        }
    }
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, ODataProblem> {
        parser::filter(&tokens::read(text)?)
    }

    pub(crate) fn matches(&self, entity: &Value) -> bool {
        match self {
            Self::And(left, right) => left.matches(entity) && right.matches(entity),
            Self::Or(left, right) => left.matches(entity) || right.matches(entity),
            Self::Not(inner) => !inner.matches(entity),
            Self::Equals { field, value } => same(&read(entity, field), &value.value),
            Self::Differs { field, value } => !same(&read(entity, field), &value.value),
            Self::OneOf { field, values } => values
                .iter()
                .any(|one| same(&read(entity, field), &one.value)),
            Self::Compared {
                field,
                order,
                value,
            } => compare(&read(entity, field), &value.value).is_some_and(|found| match order {
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
            Self::Has { field, flags } => {
                let set = members(&read(entity, field));
                let wanted = members(&Value::from(flags.as_str()));
                !wanted.is_empty() && wanted.iter().all(|flag| set.contains(flag))
            }
            Self::NotEmpty { field } => items(&read(entity, field)).next().is_some(),
            Self::Any { field, item } => items(&read(entity, field)).any(|one| item.matches(one)),
            Self::All { field, item } => items(&read(entity, field)).all(|one| item.matches(one)),
        }
    }

    /// Whether the directory answers it only with `ConsistencyLevel: eventual`.
    pub(crate) fn is_advanced(&self) -> bool {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.is_advanced() || right.is_advanced()
            }
            Self::Not(_) | Self::Differs { .. } => true,
            Self::HasText { place, .. } => *place != Place::Start,
            Self::Any { item, .. } | Self::All { item, .. } => item.is_advanced(),
            Self::Equals { field, .. }
            | Self::OneOf { field, .. }
            | Self::Compared { field, .. } => counted(field).is_some(),
            _ => false,
        }
    }
}

/// The collection whose objects a path counts: `assignedLicenses/$count`.
pub(crate) fn counted(field: &str) -> Option<&str> {
    field.strip_suffix("/$count")
}

/// The value at a path, or how many there are.
fn read<'a>(entity: &'a Value, field: &str) -> Cow<'a, Value> {
    match counted(field) {
        Some(collection) => Cow::Owned(Value::from(items(at(entity, collection)).count())),
        None => Cow::Borrowed(at(entity, field)),
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Members of an enumeration, in one text or in a list.
fn members(value: &Value) -> Vec<String> {
    let texts = items(value).chain([value]).filter_map(Value::as_str);
    let names = texts.flat_map(|text| text.split(','));
    let names = names.map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

fn at<'a>(entity: &'a Value, field: &str) -> &'a Value {
    let steps = field.split('/').filter(|step| !step.is_empty());
    steps.fold(entity, |value, step| {
        let found = value.as_object().and_then(|fields| property(fields, step));
        found.unwrap_or(&Value::Null)
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
            "flags": "windows10, mdm",
            "licenses": [{"sku": "a", "on": false}, {"sku": "b", "on": true, "plans": ["one"]}],
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
            "DISPLAYNAME eq 'sales'' team' and nested/Family eq 'baseline'",
            true,
        );
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
        check("nested/family eq microsoft.graph.family'baseline'", true);
        check("flags has 'windows10' and flags has 'MDM'", true);
        check("flags has microsoft.graph.flag'mdm,windows10'", true);
        check("flags has 'mdm,sense'", false);
        check("licenses/Any(x:x/sku eq 'b' and x/on eq true)", true);
        check("licenses/all(x:x/sku ne 'a')", false);
        check("licenses/any(x:x/sku eq 'b' and x/on eq false)", false);
        check("groupTypes/any(p:startswith(p,'UNI'))", true);
        check("licenses/any(x:x/plans/any(p:p eq 'one'))", true);
        check("licenses/$count gt 1 and nothing/$count eq 0", true);
        check(
            "nothing/any() or tolower(displayName) eq 'sales'' team'",
            true,
        );
        check("startsWith(toupper(displayName), toupper('sal'))", true);
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
            "a/any(c:cd eq 1)",
            "a/any(c:c/ eq 1)",
            "a/all()",
            "tolower(a",
            "startswith(a,1)",
            "and",
            "not",
            ":",
            "a eq 1 b",
            "a eq microsoft.graph.b",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
        assert!(Filter::parse(&"not ".repeat(900)).is_err());
    }
}
