//! One tenant: who it is, which applications may sign in, what it holds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::entity::{Entities, Entity, keyed, sort_key};
use super::log::Log;
use super::writing::{Gone, Unsaved};
use super::{App, NewApp};
use crate::catalogue::{self, Collection, HIDDEN, MEMBERSHIPS, SERVICE_PRINCIPALS};
use crate::config::TenantSeed;
use crate::data::Recipe;
use crate::permissions;

/// One tenant. Its data is made when it is first looked at.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) seed: TenantSeed,
    pub(crate) id: Arc<str>,
    /// Its position in the sandbox, by which the log names it.
    at: usize,
    recipe: Recipe,
    /// The id of Graph's own service principal.
    graph_principal: String,
    apps: RwLock<Vec<Arc<App>>>,
    /// By the path under which they are stored.
    slots: HashMap<&'static str, RwLock<Slot>>,
    /// Ids as generated, for assignments and members.
    group_ids: OnceLock<Vec<Uuid>>,
    generated: OnceLock<HashSet<Uuid>>,
    user_ids: OnceLock<Vec<Uuid>>,
    /// Moves with every change.
    version: AtomicU64,
    /// Changes are made one after the other.
    pub(super) turn: Mutex<()>,
    pub(super) log: Option<Arc<Log>>,
}

/// The entities of one collection, once somebody has asked for them.
#[derive(Debug, Default)]
struct Slot {
    loaded: Option<Loaded>,
    /// What a log had to say before that.
    earlier: Vec<(Box<str>, Slotted)>,
}

#[derive(Debug, Default)]
struct Loaded {
    entities: Entities,
    removed: std::collections::BTreeMap<Box<str>, Gone>,
}

/// What stands under a key after a change.
#[derive(Debug, Clone)]
pub(super) enum Slotted {
    Entity(Arc<Entity>),
    Gone(Gone),
}

impl Loaded {
    fn take(&mut self, key: Box<str>, what: Slotted) {
        match what {
            Slotted::Entity(entity) => {
                self.removed.remove(&key);
                self.entities.insert(key, entity);
            }
            Slotted::Gone(gone) => {
                self.entities.remove(&key);
                self.removed.insert(key, gone);
            }
        }
    }
}

impl Tenant {
    pub(crate) fn new(at: usize, recipe: Recipe, log: Option<Arc<Log>>) -> Self {
        let (seed, principals) = recipe.identity();
        let [own, graph] = principals.map(|id| id.to_string());
        let app = App {
            client_id: seed.client_id.as_str().into(),
            principal_id: own,
            display_name: "TenantAtlas".to_owned(),
            secrets: vec![seed.client_secret.clone()],
            certificates: Vec::new(),
            roles: Arc::new(
                permissions::GRANTED
                    .iter()
                    .map(|role| (*role).to_owned())
                    .collect(),
            ),
        };
        let stores = catalogue::all().map(Collection::store);
        Self {
            id: seed.tenant_id.as_str().into(),
            at,
            recipe,
            graph_principal: graph,
            apps: RwLock::new(vec![Arc::new(app)]),
            slots: stores
                .chain(HIDDEN.iter().map(|hidden| hidden.path))
                .map(|store| (store, RwLock::default()))
                .collect(),
            group_ids: OnceLock::new(),
            generated: OnceLock::new(),
            user_ids: OnceLock::new(),
            version: AtomicU64::new(0),
            turn: Mutex::new(()),
            log,
            seed,
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// All applications, the generated one first.
    pub(crate) fn apps(&self) -> Vec<Arc<App>> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.clone()
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<Arc<App>> {
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        let mut apps = apps.iter();
        apps.find(|app| app.client_id.eq_ignore_ascii_case(client_id))
            .cloned()
    }

    /// Changes one application; `None` when there is none of that id.
    pub(crate) fn change_app(
        &self,
        client_id: &str,
        change: impl FnOnce(&mut App),
    ) -> Option<Result<Arc<App>, Unsaved>> {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        let slot = apps
            .iter()
            .position(|app| app.client_id.eq_ignore_ascii_case(client_id))?;
        let mut next = apps.clone();
        let own = next.get_mut(slot)?;
        change(Arc::make_mut(own));
        let changed = Arc::clone(own);
        Some(self.keep_apps(&next).map(|()| {
            *apps = next;
            changed
        }))
    }

    /// Registers one application more.
    pub(crate) fn register(&self, new: NewApp, secret: String) -> Result<Arc<App>, Unsaved> {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        let app = Arc::new(App::register(new, secret));
        let mut next = apps.clone();
        next.push(Arc::clone(&app));
        self.keep_apps(&next)?;
        *apps = next;
        Ok(app)
    }

    fn keep_apps(&self, apps: &[Arc<App>]) -> Result<(), Unsaved> {
        let apps: Vec<_> = apps.iter().map(|app| app.to_json()).collect();
        self.append(&json!({"t": self.at, "apps": apps}))
    }

    pub(super) fn restore_apps(&self, restored: Vec<App>) {
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        *apps = restored.into_iter().map(Arc::new).collect();
    }

    pub(super) fn append(&self, line: &Value) -> Result<(), Unsaved> {
        let Some(log) = &self.log else {
            return Ok(());
        };
        log.append(&line.to_string()).map_err(|error| {
            tracing::error!(%error, "a change could not be kept");
            Unsaved
        })
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Lets `look` see the entities of a collection, and what is gone from it.
    fn look<T>(&self, store: &str, look: impl FnOnce(&Loaded) -> T) -> T {
        let Some(slot) = self.slots.get(store) else {
            return look(&Loaded::default());
        };
        {
            let slot = slot.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(loaded) = &slot.loaded {
                return look(loaded);
            }
        }
        let mut slot = slot.write().unwrap_or_else(PoisonError::into_inner);
        let earlier = std::mem::take(&mut slot.earlier);
        let loaded = slot.loaded.get_or_insert_with(|| self.load(store, earlier));
        look(loaded)
    }

    fn load(&self, store: &str, earlier: Vec<(Box<str>, Slotted)>) -> Loaded {
        let made = catalogue::by_path(store)
            .map(|collection| keyed(collection, self.recipe.make(store, self)));
        let mut loaded = Loaded {
            entities: made.unwrap_or_default(),
            ..Loaded::default()
        };
        for (key, what) in earlier {
            loaded.take(key, what);
        }
        loaded
    }

    /// Lets `look` see the entities of a collection.
    pub(crate) fn with<T>(&self, collection: &Collection, look: impl FnOnce(&Entities) -> T) -> T {
        self.look(collection.store(), |loaded| look(&loaded.entities))
    }

    /// Lets `look` see entities, and what is gone.
    pub(crate) fn with_gone<T>(
        &self,
        collection: &Collection,
        look: impl FnOnce(&Entities, &std::collections::BTreeMap<Box<str>, Gone>) -> T,
    ) -> T {
        self.look(collection.store(), |loaded| {
            look(&loaded.entities, &loaded.removed)
        })
    }

    pub(crate) fn entity(&self, collection: &Collection, id: &str) -> Option<Arc<Entity>> {
        let found = self.with(collection, |entities| {
            entities.get(sort_key(id).as_str()).cloned()
        })?;
        let fits = collection.only.is_none_or(|only| {
            found.fields().get("@odata.type").and_then(Value::as_str) == Some(only)
        });
        fits.then_some(found)
    }

    /// Puts changes in place that are kept already.
    pub(super) fn apply(&self, store: &str, key: Box<str>, what: Slotted, version: u64) {
        if let Some(slot) = self.slots.get(store) {
            let mut slot = slot.write().unwrap_or_else(PoisonError::into_inner);
            match &mut slot.loaded {
                Some(loaded) => loaded.take(key, what),
                None => slot.earlier.push((key, what)),
            }
        }
        self.version.fetch_max(version, Ordering::AcqRel);
    }

    /// How many entities each collection holds.
    pub(crate) fn counts(&self) -> Map<String, Value> {
        catalogue::all()
            .filter(|known| known.view_of.is_none() && known.path != SERVICE_PRINCIPALS)
            .map(|known| {
                let count = self.with(known, Entities::len);
                (known.path.to_owned(), json!(count))
            })
            .collect()
    }

    /// Ids of the groups as they were generated.
    pub(crate) fn group_ids(&self) -> &[Uuid] {
        self.group_ids.get_or_init(|| self.recipe.group_ids())
    }

    fn is_generated(&self, group: &str) -> bool {
        let known = self
            .generated
            .get_or_init(|| self.group_ids().iter().copied().collect());
        Uuid::parse_str(group).is_ok_and(|group| known.contains(&group))
    }

    /// Ids of the users as they were generated.
    pub(crate) fn user_ids(&self) -> &[Uuid] {
        self.user_ids.get_or_init(|| self.recipe.user_ids())
    }

    /// How many users it has, by which the directory sizes its budget.
    pub(crate) fn user_count(&self) -> usize {
        self.recipe.users()
    }

    /// The ids of the members of a group, in order.
    pub(crate) fn members(&self, group: &str) -> BTreeSet<String> {
        match self.entity(&MEMBERSHIPS, group) {
            Some(kept) => {
                let members = kept.fields().remove("members");
                let members = members.as_ref().and_then(Value::as_array);
                let members = members.into_iter().flatten();
                members
                    .filter_map(|id| id.as_str().map(str::to_owned))
                    .collect()
            }
            // Whoever makes a group says who is in it.
            None if self.is_generated(group) => self.recipe.members(group, self.user_ids()),
            None => BTreeSet::new(),
        }
    }

    pub(crate) fn graph_principal(&self) -> &str {
        &self.graph_principal
    }
}

/// The applications and Graph itself, with what each is granted; the one that asks as its token says.
pub(crate) fn service_principals(
    tenant: &Tenant,
    asking: &str,
    roles: &BTreeSet<String>,
) -> Entities {
    let graph = tenant.graph_principal();
    let collection = catalogue::by_path(SERVICE_PRINCIPALS);
    let app_roles: Vec<_> = permissions::ROLES
        .iter()
        .map(|(name, id)| {
            json!({
                "id": id, "value": name, "isEnabled": true,
                "allowedMemberTypes": ["Application"],
            })
        })
        .collect();
    let mut all = vec![json!({
        "id": graph, "appId": permissions::GRAPH_APP_ID,
        "displayName": "Microsoft Graph", "accountEnabled": true,
        "servicePrincipalType": "Application",
        "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "appRoles": app_roles, "appRoleAssignments": [],
    })];
    for app in tenant.apps() {
        let own = &app.principal_id;
        let held = if *app.client_id == *asking {
            roles
        } else {
            &app.roles
        };
        let assignments: Vec<_> = held
            .iter()
            .filter_map(|role| permissions::role_id(role))
            .map(|role_id| {
                json!({
                    "id": format!("{own}_{role_id}"),
                    "appRoleId": role_id,
                    "principalId": own,
                    "principalType": "ServicePrincipal",
                    "principalDisplayName": app.display_name,
                    "resourceId": graph,
                    "resourceDisplayName": "Microsoft Graph",
                })
            })
            .collect();
        all.push(json!({
            "id": own, "appId": &*app.client_id, "displayName": app.display_name,
            "accountEnabled": true, "servicePrincipalType": "Application",
            "appOwnerOrganizationId": tenant.seed.tenant_id,
            "appRoles": [], "appRoleAssignments": assignments,
        }));
    }
    collection.map_or_else(Entities::new, |collection| keyed(collection, all))
}
