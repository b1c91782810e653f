//! One change of a tenant: read, decided, kept and shown, with nobody else in between.

use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};

use serde_json::{Map, Value, json};

use super::entity::{Entities, Entity, sort_key};
use super::log::patiently;
use super::tenant::{Slotted, Tenant};
use crate::catalogue::{Collection, GROUPS};

/// How something went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It can be restored.
    Soft,
    /// It is gone for good.
    Hard,
}

impl Removal {
    /// As a delta query says it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Soft => "changed",
            Self::Hard => "deleted",
        }
    }
}

/// What is left of a removed entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) id: String,
    pub(crate) at: u64,
    pub(crate) removal: Removal,
}

/// The change could not be written to the folder of the state, so it was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unsaved;

/// Entities of one collection at most, so that nobody can fill the memory.
const MAX_ENTITIES: usize = 200_000;

/// A change under way. Nothing of it is seen before [`Writing::commit`].
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    tenant: &'a Tenant,
    _turn: MutexGuard<'a, ()>,
    version: u64,
    changes: Vec<(&'static Collection, Box<str>, Slotted)>,
}

impl Tenant {
    /// Begins a change; others wait until it is over.
    pub(crate) fn writing(&self) -> Writing<'_> {
        // The change before this one may be waiting for the disk.
        let turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                patiently(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner))
            }
        };
        Writing {
            tenant: self,
            version: self.version(),
            _turn: turn,
            changes: Vec::new(),
        }
    }
}

impl Writing<'_> {
    pub(crate) fn tenant(&self) -> &Tenant {
        self.tenant
    }

    /// The entity as it is before this change.
    pub(crate) fn entity(&self, collection: &Collection, id: &str) -> Option<Arc<Entity>> {
        self.tenant.entity(collection, id)
    }

    /// Whether there is no room for one more.
    pub(crate) fn is_full(&self, collection: &Collection) -> bool {
        self.tenant.with(collection, Entities::len) >= MAX_ENTITIES
    }

    /// The version that the change made next will have.
    pub(crate) fn next_version(&self) -> u64 {
        self.version + 1
    }

    /// Puts an entity in the place of the one of its id, if there is one.
    pub(crate) fn put(
        &mut self,
        collection: &'static Collection,
        id: &str,
        fields: Map<String, Value>,
    ) {
        self.version += 1;
        let mut entity = Entity::of(collection, fields, self.version);
        if collection.path == GROUPS {
            // A delta may be asked for nothing but what changed.
            entity = entity.tracked(self.entity(collection, id).as_deref());
        }
        let what = Slotted::Entity(Arc::new(entity));
        self.changes.push((collection, sort_key(id).into(), what));
    }

    /// Takes an entity away.
    pub(crate) fn remove(&mut self, collection: &'static Collection, id: &str, removal: Removal) {
        self.version += 1;
        let gone = Gone {
            id: id.to_owned(),
            at: self.version,
            removal,
        };
        let key = sort_key(id).into();
        self.changes.push((collection, key, Slotted::Gone(gone)));
    }

    /// Keeps the change, and lets everybody see it.
    pub(crate) fn commit(self) -> Result<(), Unsaved> {
        if self.changes.is_empty() {
            return Ok(());
        }
        if self.tenant.log.is_some() {
            let written: Vec<_> = self
                .changes
                .iter()
                .map(|(collection, key, what)| written(collection.store(), key, what))
                .collect();
            let line = json!({"t": self.tenant.position(), "w": written});
            self.tenant.append(&line)?;
        }
        for (collection, key, what) in self.changes {
            let version = match &what {
                Slotted::Entity(entity) => entity.changed,
                Slotted::Gone(gone) => gone.at,
            };
            self.tenant.apply(collection.store(), key, what, version);
        }
        Ok(())
    }
}

/// One change as the log has it.
fn written(store: &str, key: &str, what: &Slotted) -> Value {
    match what {
        Slotted::Entity(entity) => {
            let (at, whole) = (entity.changed, entity.whole());
            match entity.moved() {
                Some(moved) => json!({"c": store, "k": key, "v": at, "e": whole, "m": moved}),
                None => json!({"c": store, "k": key, "v": at, "e": whole}),
            }
        }
        Slotted::Gone(gone) => {
            json!({"c": store, "k": key, "v": gone.at, "gone": gone.removal.reason(), "id": gone.id})
        }
    }
}

/// Reads what [`written`] wrote.
pub(super) fn read(
    collection: &'static Collection,
    change: &Value,
) -> Option<(Box<str>, Slotted, u64)> {
    let key = change.get("k")?.as_str()?.into();
    let version = change.get("v")?.as_u64()?;
    let what = match (change.get("e"), change.get("gone").and_then(Value::as_str)) {
        (Some(Value::Object(fields)), None) => {
            let entity = Entity::of(collection, fields.clone(), version);
            let entity = match change.get("m") {
                Some(moved) => entity.with_moved(moved),
                None => entity,
            };
            Slotted::Entity(Arc::new(entity))
        }
        (None, Some(reason)) => Slotted::Gone(Gone {
            id: change.get("id")?.as_str()?.to_owned(),
            at: version,
            removal: if reason == "changed" {
                Removal::Soft
            } else {
                Removal::Hard
            },
        }),
        _ => return None,
    };
    Some((key, what, version))
}
