//! One entity, kept as the text it is sent as: a tenth of the memory of a tree, and no work to send it whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalogue::Collection;

/// Entities by [`sort_key`].
pub(crate) type Entities = BTreeMap<Box<str>, Arc<Entity>>;

/// An entity: its plain properties, and apart from them what is sent only when asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entity {
    body: Box<str>,
    /// Navigation and detail properties as one object; empty without any.
    apart: Box<str>,
    /// The tenant's version at its last change; 0 for what was generated.
    pub(crate) changed: u64,
    /// At which version each plain property changed last, as one object; empty where nobody asks for it.
    moved: Box<str>,
}

impl Entity {
    pub(crate) fn of(collection: &Collection, fields: Map<String, Value>, changed: u64) -> Self {
        let (apart, body): (Map<_, _>, Map<_, _>) = fields
            .into_iter()
            .partition(|(name, _)| collection.keeps_apart(name));
        let apart = if apart.is_empty() {
            String::new()
        } else {
            Value::Object(apart).to_string()
        };
        Self {
            body: Value::Object(body).to_string().into(),
            apart: apart.into(),
            changed,
            moved: Box::default(),
        }
    }

    /// The same, remembering at which version each of its properties changed.
    ///
    /// Without an earlier one all of them came with this version.
    pub(crate) fn tracked(mut self, earlier: Option<&Self>) -> Self {
        let was = earlier.map(Self::fields).unwrap_or_default();
        let mut moved = earlier.map_or_else(Map::new, |earlier| object(&earlier.moved));
        let now = self.fields();
        for name in was.keys().chain(now.keys()) {
            if was.get(name) != now.get(name) {
                moved.insert(name.clone(), Value::from(self.changed));
            }
        }
        self.moved = Value::Object(moved).to_string().into();
        self
    }

    /// What [`Entity::tracked`] remembers, for the log.
    pub(crate) fn moved(&self) -> Option<Value> {
        serde_json::from_str(&self.moved).ok()
    }

    pub(crate) fn with_moved(mut self, moved: &Value) -> Self {
        self.moved = moved.to_string().into();
        self
    }

    /// The plain properties that changed after a version.
    pub(crate) fn moved_since(&self, version: u64) -> BTreeSet<String> {
        let moved = object(&self.moved).into_iter();
        moved
            .filter(|(_, at)| at.as_u64().is_some_and(|at| at > version))
            .map(|(name, _)| name)
            .collect()
    }

    /// The plain properties as JSON text.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// The plain properties.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        object(&self.body)
    }

    /// What is sent only when asked for.
    pub(crate) fn apart(&self) -> Map<String, Value> {
        object(&self.apart)
    }

    /// Everything.
    pub(crate) fn whole(&self) -> Map<String, Value> {
        let mut fields = self.fields();
        fields.extend(self.apart());
        fields
    }

    /// One navigation property that is a list.
    pub(crate) fn list(&self, name: &str) -> Vec<Value> {
        match self.apart().remove(name) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        }
    }
}

/// Only what was written as an object is read as one.
fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The order of a collection: by id, numbers as numbers.
pub(crate) fn sort_key(id: &str) -> String {
    if !id.is_empty() && id.len() < 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{id:0>12}")
    } else {
        id.to_ascii_lowercase()
    }
}

/// Entities in the order of their ids; one without an id takes its position.
pub(crate) fn keyed(
    collection: &Collection,
    entities: impl IntoIterator<Item = Value>,
) -> Entities {
    let mut out = Entities::new();
    for (at, entity) in entities.into_iter().enumerate() {
        let Value::Object(fields) = entity else {
            continue;
        };
        let key = match fields.get("id").and_then(Value::as_str) {
            Some(id) => sort_key(id),
            None => sort_key(&at.to_string()),
        };
        out.insert(key.into(), Arc::new(Entity::of(collection, fields, 0)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use serde_json::json;

    #[test]
    fn numbers_sort_as_numbers_and_guids_without_regard_to_case() {
        assert!(sort_key("2") < sort_key("10"));
        assert_eq!(sort_key("AB-1"), sort_key("ab-1"));
        assert_eq!(sort_key(""), "");
    }

    #[test]
    fn what_is_sent_on_request_is_kept_apart_and_nothing_is_lost() {
        let collection = catalogue::by_name("deviceManagementScripts").unwrap();
        let Value::Object(fields) =
            json!({"id": "a", "scriptContent": "eA==", "assignments": [{"id": "b"}], "#own": 1})
        else {
            panic!("no object")
        };
        let entity = Entity::of(collection, fields.clone(), 3);
        assert_eq!(entity.body(), r#"{"id":"a"}"#);
        assert_eq!(entity.whole(), fields);
        assert_eq!(entity.list("assignments").len(), 1);
        assert!(entity.list("settings").is_empty());
    }
}
