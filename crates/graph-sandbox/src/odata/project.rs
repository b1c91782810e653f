//! What of an entity goes out: `$select` and `$expand`.

use serde_json::{Map, Value};

use super::Expand;
use crate::catalogue::Navigation;

/// The entity as asked for. Navigation properties are stored inside it and stay
/// behind unless they are expanded.
pub(crate) fn project(
    entity: &Value,
    navigation: &[Navigation],
    select: &[String],
    expand: &[Expand],
) -> Value {
    let Some(fields) = entity.as_object() else {
        return entity.clone();
    };
    let mut out = Map::new();
    for (name, value) in fields {
        match navigation.iter().find(|known| known.name == name) {
            Some(known) => {
                if let Some(wanted) = expand.iter().find(|item| item.name == *name) {
                    out.insert(name.clone(), expanded(value, known, wanted));
                }
            }
            None if is_selected(name, select) => {
                out.insert(name.clone(), value.clone());
            }
            None => {}
        }
    }
    Value::Object(out)
}

fn expanded(value: &Value, known: &Navigation, wanted: &Expand) -> Value {
    let one = |entity: &Value| project(entity, known.navigation, &wanted.select, &wanted.nested);
    match value {
        Value::Array(items) => Value::Array(items.iter().map(one).collect()),
        Value::Object(_) => one(value),
        other => other.clone(),
    }
}

fn is_selected(name: &str, select: &[String]) -> bool {
    select.is_empty()
        || name == "@odata.type"
        || select
            .iter()
            .any(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(name))
}

/// What follows the collection's name in `@odata.context`.
pub(crate) fn context_suffix(select: &[String], expand: &[Expand]) -> String {
    let expanded = expand.iter().map(|item| {
        let inside = context_suffix(&item.select, &item.nested);
        if inside.is_empty() {
            format!("{}()", item.name)
        } else {
            format!("{}{inside}", item.name)
        }
    });
    let parts: Vec<_> = select.iter().cloned().chain(expanded).collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("({})", parts.join(","))
    }
}
