//! Changes of a collection of an object's own: its assignments, its messages.

use serde_json::{Map, Value};

use super::Change;
use crate::errors::Problem;
use crate::journal::WriteEffect;
use crate::routes::drift::changed;

/// A collection as it is to be, with the fields of the object that go with it.
pub(super) struct Next {
    pub(super) items: Vec<Value>,
    pub(super) beside: Map<String, Value>,
}

/// Puts what `next` makes of a collection in its place; what is the same already is not written again.
pub(super) fn change_list(
    change: &Change<'_>,
    id: &str,
    name: &str,
    next: impl FnOnce(&Map<String, Value>, Vec<Value>) -> Result<Next, Problem>,
) -> Result<(), Problem> {
    let mut writing = change.writing()?;
    let entity = writing
        .entity(change.collection, id)
        .ok_or_else(|| change.not_found(id))?;
    let now = entity.list(name);
    let Next { items, mut beside } = next(&entity.fields(), now.clone())?;
    let effect = if items == now {
        WriteEffect::Repeated
    } else {
        beside.insert(name.to_owned(), Value::Array(items));
        let fields = changed(&entity, beside, change.now());
        writing.put(change.collection, id, fields);
        WriteEffect::Applied
    };
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(effect);
    Ok(())
}
