//! What each tenant holds, and how it is changed from outside.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::catalogue::{COLLECTIONS, Collection, SERVICE_PRINCIPALS};
use crate::clock;
use crate::config::TenantSeed;
use crate::permissions;

/// Entities by [`sort_key`].
pub(crate) type Entities = BTreeMap<String, Arc<Value>>;

/// One tenant: who it is, what its application may do, what it holds.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) seed: TenantSeed,
    pub(crate) id: Arc<str>,
    pub(crate) app_id: Arc<str>,
    roles: RwLock<Arc<BTreeSet<String>>>,
    /// Ids of the two service principals: the application's and Graph's.
    pub(crate) principal_ids: [String; 2],
    /// By path of the collection.
    data: RwLock<HashMap<&'static str, Entities>>,
}

/// A change that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MutationProblem {
    NoSuchEntity,
    Exists,
    Full,
    Generated,
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patched {
    /// A field has another value now.
    Changed,
    /// Every field had that value already.
    Same,
}

/// Why an object was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchProblem {
    NoSuchEntity,
    /// The change names another type than the object's, or none.
    OtherType,
}

/// Entities of one collection at most, so that mutations cannot fill the memory.
const MAX_ENTITIES: usize = 200_000;

/// The order of a collection: by id, numbers as numbers.
pub(crate) fn sort_key(id: &str) -> String {
    if !id.is_empty() && id.len() < 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{id:0>12}")
    } else {
        id.to_ascii_lowercase()
    }
}

/// An entity with the named fields replaced, and its time and version moved on.
fn changed(entity: &Value, fields: Map<String, Value>, now: i64) -> Value {
    let mut entity = entity.clone();
    if let Some(target) = entity.as_object_mut() {
        if target.contains_key("lastModifiedDateTime") {
            let time = Value::String(clock::iso_seconds(now));
            target.insert("lastModifiedDateTime".to_owned(), time);
        }
        if let Some(version) = target.get("version").and_then(Value::as_u64) {
            target.insert("version".to_owned(), json!(version.saturating_add(1)));
        }
        target.extend(fields.into_iter().filter(|(name, _)| name != "id"));
    }
    entity
}

/// Entities in the order of their ids; one without an id takes its position.
pub(crate) fn keyed(entities: impl IntoIterator<Item = Value>) -> Entities {
    entities
        .into_iter()
        .enumerate()
        .map(|(at, entity)| {
            let id = entity.get("id").and_then(Value::as_str);
            (
                id.map_or_else(|| sort_key(&at.to_string()), sort_key),
                Arc::new(entity),
            )
        })
        .collect()
}

impl Tenant {
    pub(crate) fn new(
        seed: TenantSeed,
        principal_ids: [Uuid; 2],
        data: HashMap<&'static str, Entities>,
    ) -> Self {
        Self {
            id: seed.tenant_id.as_str().into(),
            app_id: seed.client_id.as_str().into(),
            roles: RwLock::new(Arc::new(
                permissions::GRANTED
                    .iter()
                    .map(|role| (*role).to_owned())
                    .collect(),
            )),
            principal_ids: principal_ids.map(|id| id.to_string()),
            data: RwLock::new(data),
            seed,
        }
    }

    /// What the application is granted now; tokens keep what it was as they were issued.
    pub(crate) fn roles(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&self.roles.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Grants the application one permission more.
    pub(crate) fn grant(&self, role: &str) {
        let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut roles).insert(role.to_owned());
    }

    /// Changes the named fields as a client does: in an object of the named type, and only what differs.
    pub(crate) fn patch_fields(
        &self,
        collection: &'static Collection,
        id: &str,
        fields: Map<String, Value>,
        now: i64,
    ) -> Result<Patched, PatchProblem> {
        let patched = self.change(collection, |entities| {
            let slot = entities
                .get_mut(&sort_key(id))
                .ok_or(MutationProblem::NoSuchEntity)?;
            let own_type = slot.get("@odata.type");
            if own_type.is_some() && own_type != fields.get("@odata.type") {
                return Ok(Err(PatchProblem::OtherType));
            }
            if fields
                .iter()
                .all(|(name, value)| slot.get(name) == Some(value))
            {
                return Ok(Ok(Patched::Same));
            }
            *slot = Arc::new(changed(slot, fields, now));
            Ok(Ok(Patched::Changed))
        });
        patched.unwrap_or(Err(PatchProblem::NoSuchEntity))
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<&'static str, Entities>> {
        self.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `look` see the entities of a collection.
    pub(crate) fn with<T>(
        &self,
        collection: &Collection,
        roles: &BTreeSet<String>,
        look: impl FnOnce(&Entities) -> T,
    ) -> T {
        if collection.path == SERVICE_PRINCIPALS {
            return look(&self.service_principals(roles));
        }
        let nothing = Entities::new();
        look(self.read().get(collection.path).unwrap_or(&nothing))
    }

    /// The application and Graph itself, with what the one is granted on the other.
    fn service_principals(&self, roles: &BTreeSet<String>) -> Entities {
        let [own, graph] = &self.principal_ids;
        let assignments: Vec<_> = roles
            .iter()
            .filter_map(|role| Some((role, permissions::role_id(role)?)))
            .map(|(_, role_id)| {
                json!({
                    "id": format!("{own}_{role_id}"),
                    "appRoleId": role_id,
                    "principalId": own,
                    "principalType": "ServicePrincipal",
                    "principalDisplayName": "TenantAtlas",
                    "resourceId": graph,
                    "resourceDisplayName": "Microsoft Graph",
                })
            })
            .collect();
        let app_roles: Vec<_> = permissions::ROLES
            .iter()
            .map(|(name, id)| {
                json!({
                    "id": id, "value": name, "isEnabled": true,
                    "allowedMemberTypes": ["Application"],
                })
            })
            .collect();
        keyed([
            json!({
                "id": own, "appId": self.seed.client_id, "displayName": "TenantAtlas",
                "accountEnabled": true, "servicePrincipalType": "Application",
                "appOwnerOrganizationId": self.seed.tenant_id,
                "appRoles": [], "appRoleAssignments": assignments,
            }),
            json!({
                "id": graph, "appId": permissions::GRAPH_APP_ID,
                "displayName": "Microsoft Graph", "accountEnabled": true,
                "servicePrincipalType": "Application",
                "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
                "appRoles": app_roles, "appRoleAssignments": [],
            }),
        ])
    }

    /// How many entities each collection holds.
    pub(crate) fn counts(&self) -> Map<String, Value> {
        let data = self.read();
        COLLECTIONS
            .iter()
            .filter_map(|known| Some((known, data.get(known.path)?.len())))
            .map(|(known, count)| (known.path.to_owned(), json!(count)))
            .collect()
    }

    /// Adds an entity; it gets an id and times if it has none.
    pub(crate) fn create(
        &self,
        collection: &'static Collection,
        mut fields: Map<String, Value>,
        now: i64,
    ) -> Result<Value, MutationProblem> {
        let id = match fields.get("id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => Uuid::new_v4().to_string(),
        };
        fields.insert("id".to_owned(), Value::String(id.clone()));
        let time = Value::String(clock::iso_seconds(now));
        fields
            .entry("createdDateTime")
            .or_insert_with(|| time.clone());
        if collection.path.starts_with("deviceManagement/") {
            fields.entry("lastModifiedDateTime").or_insert(time);
        }
        self.change(collection, |entities| {
            let key = sort_key(&id);
            if entities.contains_key(&key) {
                return Err(MutationProblem::Exists);
            }
            if entities.len() >= MAX_ENTITIES {
                return Err(MutationProblem::Full);
            }
            let entity = Value::Object(fields);
            entities.insert(key, Arc::new(entity.clone()));
            Ok(entity)
        })
    }

    /// Replaces the named fields, and moves time and version on.
    pub(crate) fn patch(
        &self,
        collection: &'static Collection,
        id: &str,
        fields: Map<String, Value>,
        now: i64,
    ) -> Result<Value, MutationProblem> {
        self.change(collection, |entities| {
            let slot = entities
                .get_mut(&sort_key(id))
                .ok_or(MutationProblem::NoSuchEntity)?;
            let entity = changed(slot, fields, now);
            *slot = Arc::new(entity.clone());
            Ok(entity)
        })
    }

    pub(crate) fn delete(
        &self,
        collection: &'static Collection,
        id: &str,
    ) -> Result<(), MutationProblem> {
        self.change(collection, |entities| {
            let removed = entities.remove(&sort_key(id));
            removed.map(|_| ()).ok_or(MutationProblem::NoSuchEntity)
        })
    }

    fn change<T>(
        &self,
        collection: &'static Collection,
        change: impl FnOnce(&mut Entities) -> Result<T, MutationProblem>,
    ) -> Result<T, MutationProblem> {
        if collection.path == SERVICE_PRINCIPALS {
            return Err(MutationProblem::Generated);
        }
        let mut data = self.data.write().unwrap_or_else(PoisonError::into_inner);
        change(data.entry(collection.path).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_numbers_and_guids_without_regard_to_case() {
        assert!(sort_key("2") < sort_key("10"));
        assert_eq!(sort_key("AB-1"), sort_key("ab-1"));
        assert_eq!(sort_key(""), "");
    }
}
