//! Bodies of changes, read and checked field by field.

use serde_json::{Map, Value};

use crate::errors::Problem;

/// Fields that Graph keeps itself; a change that names them leaves them as they are.
const KEPT: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "isAssigned",
    "settingCount",
    "assignments",
    "renewedDateTime",
];

pub(super) fn bad(message: impl Into<String>) -> Problem {
    Problem::BadRequest(message.into())
}

pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(mut fields)) => {
            fields
                .iter_mut()
                .for_each(|(name, value)| signed(name, value));
            Ok(fields)
        }
        _ => Err(Problem::Unreadable),
    }
}

/// Puts the sign before the names of types, which some clients leave out.
fn signed(name: &str, value: &mut Value) {
    match value {
        Value::String(kind) if name == "@odata.type" && kind.starts_with("microsoft.graph.") => {
            kind.insert(0, '#');
        }
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(name, value)| signed(name, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| signed("", item)),
        _ => {}
    }
}

/// Without what Graph keeps itself, and without annotations but the type.
pub(super) fn own_fields(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|name, _| {
        !KEPT.contains(&name.as_str())
            && !name.starts_with('#')
            && (name == "@odata.type" || !name.contains("@odata."))
    });
    fields
}

/// A text that has to be there.
pub(super) fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Problem> {
    let found = fields.get(name).and_then(Value::as_str);
    found.filter(|text| !text.trim().is_empty()).ok_or_else(|| {
        bad(format!(
            "The property '{name}' is required and must not be empty."
        ))
    })
}

/// A text that the directory wants of a new object.
pub(super) fn required(fields: &Map<String, Value>, name: &str, of: &str) -> Result<(), Problem> {
    let found = fields.get(name).and_then(Value::as_str);
    found
        .filter(|text| !text.trim().is_empty())
        .map(|_| ())
        .ok_or_else(|| {
            bad(format!(
                "A value is required for property '{name}' of resource '{of}'."
            ))
        })
}

/// Refuses a text that is longer than the directory keeps, or has letters that it does not.
pub(super) fn within(
    fields: &Map<String, Value>,
    name: &str,
    of: &str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    match fields.get(name).and_then(Value::as_str) {
        Some(text) if !fits(text) => Err(bad(format!(
            "Invalid value specified for property '{name}' of resource '{of}'."
        ))),
        _ => Ok(()),
    }
}

pub(super) fn one_of(
    fields: &Map<String, Value>,
    name: &str,
    known: &[&str],
) -> Result<(), Problem> {
    let own = text(fields, name)?;
    if known.contains(&own) {
        return Ok(());
    }
    Err(bad(format!(
        "The value of '{name}' must be one of {}.",
        known.join(", ")
    )))
}

pub(super) fn list<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Vec<Value>, Problem> {
    let found = fields.get(name).and_then(Value::as_array);
    found.ok_or_else(|| bad(format!("The property '{name}' must be a list.")))
}

/// A text that is base64.
pub(super) fn base64(fields: &Map<String, Value>, name: &str) -> Result<(), Problem> {
    let coded = text(fields, name)?;
    crate::encoding::base64_decode(coded)
        .map(|_| ())
        .ok_or_else(|| bad(format!("The value of '{name}' must be base64.")))
}
