//! Changes from outside Graph: what somebody at another console does to a tenant.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::deleted;
use crate::catalogue::{Collection, SERVICE_PRINCIPALS};
use crate::clock;
use crate::state::{Entity, Tenant};

/// A change that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MutationProblem {
    NoSuchEntity,
    Exists,
    Full,
    Generated,
    Unsaved,
}

impl From<crate::state::Unsaved> for MutationProblem {
    fn from(_: crate::state::Unsaved) -> Self {
        Self::Unsaved
    }
}

fn refuse_generated(collection: &Collection) -> Result<(), MutationProblem> {
    if collection.path == SERVICE_PRINCIPALS {
        return Err(MutationProblem::Generated);
    }
    Ok(())
}

/// Adds an entity; it gets an id and times if it has none.
pub(crate) fn create(
    tenant: &Tenant,
    collection: &'static Collection,
    mut fields: Map<String, Value>,
    now: i64,
) -> Result<Value, MutationProblem> {
    refuse_generated(collection)?;
    let mut writing = tenant.writing();
    let id = match fields.get("id").and_then(Value::as_str) {
        Some(id) => id.to_owned(),
        None => Uuid::new_v4().to_string(),
    };
    if writing.entity(collection, &id).is_some() {
        return Err(MutationProblem::Exists);
    }
    if writing.is_full(collection) {
        return Err(MutationProblem::Full);
    }
    fields.insert("id".to_owned(), Value::String(id.clone()));
    stamp_new(collection, &mut fields, now);
    writing.put(collection, &id, fields.clone());
    writing.commit()?;
    Ok(Value::Object(fields))
}

/// The times that a new entity has.
pub(super) fn stamp_new(collection: &Collection, fields: &mut Map<String, Value>, now: i64) {
    let time = Value::String(clock::iso_seconds(now));
    fields
        .entry("createdDateTime")
        .or_insert_with(|| time.clone());
    if collection.path.starts_with("device") {
        fields.entry("lastModifiedDateTime").or_insert(time);
    } else if collection.path.starts_with("identity") {
        fields.entry("modifiedDateTime").or_insert(time);
    }
}

/// An entity with the named fields replaced, and its time and version moved on.
pub(super) fn changed(entity: &Entity, fields: Map<String, Value>, now: i64) -> Map<String, Value> {
    let mut target = entity.whole();
    let time = Value::String(clock::iso_seconds(now));
    for name in ["lastModifiedDateTime", "modifiedDateTime"] {
        if target.contains_key(name) {
            target.insert(name.to_owned(), time.clone());
        }
    }
    match target.get("version") {
        Some(Value::Number(version)) => {
            let next = version.as_u64().map(|version| version.saturating_add(1));
            target.insert("version".to_owned(), json!(next));
        }
        Some(Value::String(version)) if version.starts_with('"') => {
            target.insert(
                "version".to_owned(),
                json!(format!("\"{}\"", Uuid::new_v4())),
            );
        }
        _ => {}
    }
    target.extend(fields.into_iter().filter(|(name, _)| name != "id"));
    target
}

/// Replaces the named fields, and moves time and version on.
pub(crate) fn patch(
    tenant: &Tenant,
    collection: &'static Collection,
    id: &str,
    fields: Map<String, Value>,
    now: i64,
) -> Result<Value, MutationProblem> {
    refuse_generated(collection)?;
    let mut writing = tenant.writing();
    let entity = writing
        .entity(collection, id)
        .ok_or(MutationProblem::NoSuchEntity)?;
    let fields = changed(&entity, fields, now);
    writing.put(collection, id, fields.clone());
    writing.commit()?;
    Ok(Value::Object(fields))
}

/// Takes an entity away.
pub(crate) fn delete(
    tenant: &Tenant,
    collection: &'static Collection,
    id: &str,
    now: i64,
) -> Result<(), MutationProblem> {
    refuse_generated(collection)?;
    let mut writing = tenant.writing();
    let entity = writing
        .entity(collection, id)
        .ok_or(MutationProblem::NoSuchEntity)?;
    deleted::take_away(&mut writing, collection, &entity, id, now);
    writing.commit()?;
    Ok(())
}
