//! What of an entity goes out: `$select`, `$expand`, and what a version knows.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Expand;
use crate::catalogue::{Navigation, Version};
use crate::reply::Item;
use crate::state::Entity;
use crate::types::{Kind, Type};

/// Makes the value of a navigation property that is not stored with the entity.
pub(crate) type Maker<'a> = Option<&'a dyn Fn(&str, &Entity) -> Option<Value>>;

/// How entities are shown.
pub(crate) struct Shape<'a> {
    pub(crate) version: Version,
    pub(crate) navigation: &'static [Navigation],
    /// Properties sent on top of the plain ones.
    pub(crate) detail: &'static [&'static str],
    /// Properties that are not sent.
    pub(crate) hidden: &'static [&'static str],
    /// What its type declares, where that is known.
    pub(crate) declared: Option<&'static Type>,
    pub(crate) select: &'a [String],
    pub(crate) expand: &'a [Expand],
    pub(crate) made: Maker<'a>,
}

impl Shape<'_> {
    /// The entity as asked for; one that goes out whole is not even read.
    pub(crate) fn item(&self, entity: &Arc<Entity>) -> Item {
        if self.select.is_empty()
            && self.expand.is_empty()
            && self.hidden.is_empty()
            && self.detail.is_empty()
        {
            return Item::Stored(Arc::clone(entity));
        }
        Item::Made(self.fields(entity))
    }

    pub(crate) fn fields(&self, entity: &Entity) -> Map<String, Value> {
        let mut out = entity.fields();
        out.retain(|name, _| {
            !self.hidden.contains(&name.as_str()) && is_selected(name, self.select)
        });
        self.add_empty(&mut out);
        if self.detail.is_empty() && self.expand.is_empty() {
            return out;
        }
        let mut apart = entity.apart();
        for name in self
            .detail
            .iter()
            .filter(|name| is_selected(name, self.select))
        {
            if let Some(value) = apart.remove(*name) {
                out.insert((*name).to_owned(), value);
            }
        }
        for wanted in self.expand {
            let known = self
                .navigation
                .iter()
                .find(|known| known.name == wanted.name);
            let stored = known.and_then(|known| Some((known, apart.remove(&wanted.name)?)));
            let value = match stored {
                Some((known, value)) => Some(expanded(value, known, wanted, self.version)),
                None => {
                    let made = self.made.and_then(|made| made(&wanted.name, entity));
                    let made = made.map(|value| narrowed(value, &wanted.select));
                    made.or_else(|| self.no_objects(&wanted.name))
                }
            };
            if let Some(value) = value {
                out.insert(wanted.name.clone(), value);
            }
        }
        out
    }

    /// Behind a link that the type declares, and nothing is kept of, there is nothing.
    fn no_objects(&self, name: &str) -> Option<Value> {
        let known = self.declared?.addressed(name, self.version)?;
        (known.kind == Kind::Link && known.is_many).then(|| Value::Array(Vec::new()))
    }

    /// What was asked for by its name is answered, with nothing in it where the object has nothing.
    fn add_empty(&self, out: &mut Map<String, Value>) {
        let Some(declared) = self.declared else {
            return;
        };
        for wanted in self.select {
            if out.contains_key(wanted.as_str()) {
                continue;
            }
            let known = declared.addressed(wanted, self.version);
            if let Some(known) = known.filter(|known| known.kind != Kind::Link) {
                let nothing = if known.is_many {
                    Value::Array(Vec::new())
                } else {
                    Value::Null
                };
                out.entry(known.name).or_insert(nothing);
            }
        }
    }
}

/// Objects that stand for themselves elsewhere, as asked for.
fn narrowed(mut value: Value, select: &[String]) -> Value {
    for object in value.as_array_mut().into_iter().flatten() {
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|name, _| is_selected(name, select));
        }
    }
    value
}

fn expanded(value: Value, known: &Navigation, wanted: &Expand, version: Version) -> Value {
    let one = |item: Value| part(item, known, &wanted.select, &wanted.nested, version);
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(one).collect()),
        other => other,
    }
}

/// A part of an entity, as asked for.
pub(crate) fn part(
    item: Value,
    known: &Navigation,
    select: &[String],
    expand: &[Expand],
    version: Version,
) -> Value {
    let Value::Object(mut fields) = item else {
        return item;
    };
    if known.name == "assignments" && version == Version::V1 {
        plain_assignment(&mut fields);
    }
    let mut out = Map::new();
    for (name, value) in fields {
        match known.navigation.iter().find(|below| below.name == name) {
            Some(below) => {
                if let Some(wanted) = expand.iter().find(|item| item.name == name) {
                    out.insert(name, expanded(value, below, wanted, version));
                }
            }
            None if is_selected(&name, select) => {
                out.insert(name, value);
            }
            None => {}
        }
    }
    Value::Object(out)
}

/// In v1.0 a target has no filter, and an assignment no source.
fn plain_assignment(fields: &mut Map<String, Value>) {
    fields.remove("source");
    fields.remove("sourceId");
    if let Some(target) = fields.get_mut("target").and_then(Value::as_object_mut) {
        target.retain(|name, _| !name.starts_with("deviceAndAppManagementAssignmentFilter"));
    }
}

/// Whether a property is among those that were asked for.
pub(crate) fn is_selected(name: &str, select: &[String]) -> bool {
    select.is_empty()
        || name == "@odata.type"
        || select
            .iter()
            .any(|wanted| wanted == "*" || plain(wanted).eq_ignore_ascii_case(name))
}

/// `payload` of `microsoft.graph.iosCustomConfiguration/payload`, and `users` of `users/includeUsers`.
fn plain(wanted: &str) -> &str {
    match wanted.split_once('/') {
        Some((kind, name)) if kind.contains('.') => name,
        Some((name, _)) => name,
        None => wanted,
    }
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
