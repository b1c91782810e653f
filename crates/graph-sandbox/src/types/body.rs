//! Whether a body names what a type has, with values of its kind.

use serde_json::{Map, Value};

use super::{Kind, Property, Type};
use crate::catalogue::Version;
use crate::errors::Problem;

/// Refuses a body with a property that its type does not have, or with a value of another kind.
///
/// Annotations are taken as they are, and so is all of a type that nothing here declares.
pub(crate) fn check(
    fields: &Map<String, Value>,
    collection: &'static Type,
    own: Option<&str>,
    version: Version,
) -> Result<(), Problem> {
    let stated = fields.get("@odata.type").and_then(Value::as_str);
    let kind = match stated.or(own) {
        None => collection,
        Some(name) => match Type::named(name) {
            None => return Ok(()),
            Some(kind) if kind.is_a(collection) && kind.is_in(version) => kind,
            Some(kind) => return Err(Problem::InvalidType(kind.name)),
        },
    };
    for (name, value) in fields {
        if name.contains('@') || name.starts_with('#') || kind.takes_extension(name) {
            continue;
        }
        let known = kind
            .property(name, version)
            .ok_or_else(|| Problem::InvalidProperty {
                name: crate::routes::short(name),
                kind: kind.name,
            })?;
        if !fits(known, value) {
            return Err(refused(known, value));
        }
    }
    Ok(())
}

/// Whether a value is of the kind of a property.
pub(super) fn fits(known: &Property, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) if known.is_many => items.iter().all(|item| one_fits(known.kind, item)),
        _ if known.is_many => false,
        // What a link leads to may come with its object.
        one => one_fits(known.kind, one),
    }
}

fn one_fits(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text | Kind::Enum | Kind::Bytes | Kind::Duration | Kind::TimeOfDay => {
            value.is_string()
        }
        Kind::Flags => value.is_string() || value.is_array(),
        Kind::Bool => value.is_boolean(),
        // Large numbers are also sent as texts.
        Kind::Int => {
            value.is_i64()
                || value.is_u64()
                || value.as_f64().is_some_and(|number| number.fract() == 0.0)
                || value
                    .as_str()
                    .is_some_and(|text| text.parse::<i64>().is_ok())
        }
        Kind::Double => value.is_number() || value.is_string(),
        Kind::Time | Kind::Date => value.as_str().is_some_and(is_dated),
        Kind::Guid => value
            .as_str()
            .is_some_and(|text| uuid::Uuid::parse_str(text).is_ok()),
        Kind::Complex => value.is_object(),
        Kind::Link | Kind::Any => true,
    }
}

/// `2026-01-05` and whatever follows.
fn is_dated(text: &str) -> bool {
    let mut letters = text.bytes();
    b"9999-99-99".iter().all(|wanted| {
        letters.next().is_some_and(|own| match wanted {
            b'9' => own.is_ascii_digit(),
            other => own == *other,
        })
    })
}

fn refused(known: &Property, value: &Value) -> Problem {
    let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
    let wants_plain = !known.is_many && known.kind != Kind::Complex;
    if is_plain && wants_plain {
        let kind = known.kind.edm();
        return Problem::InvalidValue(format!(
            "Cannot convert a primitive value to the expected type '{kind}'. See the inner exception for more details."
        ));
    }
    let node = |is_list: bool, is_object: bool| match (is_list, is_object) {
        (true, _) => "StartArray",
        (_, true) => "StartObject",
        _ => "PrimitiveValue",
    };
    let expected = node(known.is_many, known.kind == Kind::Complex);
    let found = match value {
        Value::Array(_) if known.is_many => "PrimitiveValue",
        other => node(other.is_array(), other.is_object()),
    };
    Problem::InvalidValue(format!(
        "An unexpected '{found}' node was found for property named '{}' when reading from the JSON reader. A \
         '{expected}' node was expected.",
        known.name
    ))
}
