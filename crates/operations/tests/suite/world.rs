//! An installation with its first person, two tenants connected to a real sandbox, and people to add.

use std::{sync::Arc, time::Duration};

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    error::ApiError,
    ids::{RequestId, RunId, TenantId},
    lifecycle::TenantLifecycle,
    retry::Chance,
    views::{Live, RunView, StartResult},
};
use graph::{ClientSettings, Endpoints, GraphClient, HttpGraphClient, Limits};
use graph_sandbox::{
    Clock, ControlApi, Fault, FaultKind, JournalEntry, Sandbox, SandboxConfig, Scale, TenantSeed,
};
use operations::{Jitter, MasterKey, Passwords, Pool, PoolSettings, Presence, Scope, Services};
use secrecy::SecretString;
use store::{NewConnection, NewTenant, NewUser, Store, TenantAccess, WorkspaceAccess};
use tokio::net::TcpListener;
use uuid::Uuid;

pub const CHECK: &str = "provider.connection.check";
pub const SYNC: &str = "inventory.sync";
pub const OWNER_PASSWORD: &str = "violet tractor umbrella";

pub struct World {
    /// Where its database is, for a process of its own.
    pub url: String,
    pub services: Services,
    pub sandbox: Sandbox,
    pub endpoints: Endpoints,
    /// The first person, by setup link.
    pub owner: Scope,
    pub workspace: WorkspaceAccess,
    /// Two tenants in service; the second has more groups than fit on a page.
    pub sites: Vec<Site>,
}

/// A tenant here and its directory there.
pub struct Site {
    pub id: TenantId,
    pub seed: TenantSeed,
}

impl Site {
    pub fn id(&self) -> String {
        self.id.to_string()
    }
}

pub fn request() -> RequestId {
    RequestId::from_uuid(Uuid::now_v7())
}

/// Patience for tests: a refusal is repeated soon, and never for long.
pub fn patience() -> ClientSettings {
    ClientSettings {
        max_retry_after: Duration::from_secs(3),
        max_attempts: 3,
        first_backoff: Duration::from_millis(5),
        limits: Limits::Stated,
        ..ClientSettings::default()
    }
}

pub const SETTINGS: PoolSettings = PoolSettings {
    workers: 2,
    poll: Duration::from_millis(20),
    grace: Duration::from_secs(30),
};

impl World {
    pub async fn new(url: &str) -> Self {
        let store = Store::open(url).await.unwrap();
        let key = MasterKey::of([7; 32]);
        let services = Services::new(store, Passwords::new().unwrap(), key);
        let config = SandboxConfig {
            seed: 11,
            tenants: 3,
            scale: Scale::Small,
            control: ControlApi::On,
        };
        let sandbox = Sandbox::generate(config, Clock::system());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(sandbox.serve(listener));
        let link = services.setup_token(request()).await.unwrap().unwrap();
        let token = services
            .setup(
                &link,
                "Olivia",
                "olivia@example.test",
                OWNER_PASSWORD,
                "Contoso Group",
                request(),
            )
            .await
            .unwrap();
        let owner = services
            .scope(&token, request(), Presence::ByHand)
            .await
            .unwrap()
            .unwrap();
        let workspace = services.store().current_workspace(&owner).await.unwrap();
        let mut world = Self {
            url: url.to_owned(),
            services,
            endpoints: Endpoints::custom(&address, &address).unwrap(),
            sandbox,
            owner,
            workspace,
            sites: Vec::new(),
        };
        for seed in world.sandbox.tenants().into_iter().take(2) {
            let name = seed.display_name.clone();
            let id = world
                .tenant(&world.owner, &name, TenantLifecycle::Active)
                .await;
            let secret = seed.client_secret.clone();
            world.connect(&world.owner, id, &seed, &secret).await;
            world.sites.push(Site { id, seed });
        }
        world
    }

    /// A tenant owned by the person who makes it, without a connection.
    pub async fn tenant(&self, scope: &Scope, name: &str, lifecycle: TenantLifecycle) -> TenantId {
        let store = self.services.store();
        let workspace = store.current_workspace(scope).await.unwrap();
        let new = NewTenant {
            name: name.to_owned(),
            entra_tenant_id: None,
            lifecycle,
        };
        store.tenant_create(scope, &workspace, new).await.unwrap()
    }

    /// Connects a tenant to a directory with a secret, sealed as the worker will open it.
    pub async fn connect(&self, scope: &Scope, tenant: TenantId, seed: &TenantSeed, secret: &str) {
        let store = self.services.store();
        let tenant = store.tenant(scope, tenant).await.unwrap();
        let new = NewConnection {
            display_name: "Microsoft 365".to_owned(),
            entra_tenant_id: seed.tenant_id.clone(),
            client_id: seed.client_id.clone(),
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
        };
        let id = store.connection_create(scope, &tenant, new).await.unwrap();
        let secret = SecretString::from(secret.to_owned());
        let sealed = MasterKey::of([7; 32]).seal(id, &secret).unwrap();
        store
            .credential_store(scope, &tenant, id, sealed)
            .await
            .unwrap();
    }

    /// A person of the workspace with a role in it and in the first tenant, signed in.
    pub async fn person(&self, name: &str, workspace: Role, tenant: Option<Role>) -> Scope {
        let scope = self.stranger(name).await;
        self.services
            .member_add(&self.owner, None, scope.email(), workspace.as_str())
            .await
            .unwrap();
        if let Some(role) = tenant {
            self.enrol(&scope, 0, role).await;
        }
        self.again(&scope).await
    }

    /// Makes a person of the workspace a member of a tenant.
    pub async fn enrol(&self, person: &Scope, site: usize, role: Role) {
        let tenant = self.sites[site].id();
        self.services
            .member_add(&self.owner, Some(&tenant), person.email(), role.as_str())
            .await
            .unwrap();
    }

    pub async fn operator(&self, name: &str) -> Scope {
        self.person(name, Role::Operator, Some(Role::Operator))
            .await
    }

    /// A person with an account and no membership anywhere.
    pub async fn stranger(&self, name: &str) -> Scope {
        let user = NewUser {
            email: format!("{name}@example.test"),
            display_name: name.to_owned(),
            password_hash: "not a hash".to_owned(),
        };
        let store = self.services.store();
        let id = store.user_create(user).await.unwrap();
        let token = Uuid::now_v7().to_string();
        store.session_create(id, &token).await.unwrap();
        self.resolve(&token).await
    }

    /// The same person in a new session, as memberships are now.
    pub async fn again(&self, scope: &Scope) -> Scope {
        let token = Uuid::now_v7().to_string();
        let store = self.services.store();
        store.session_create(scope.user_id(), &token).await.unwrap();
        self.resolve(&token).await
    }

    pub async fn resolve(&self, token: &str) -> Scope {
        let scope = self
            .services
            .scope(token, request(), Presence::ByHand)
            .await;
        scope.unwrap().unwrap()
    }

    /// A person who owns another workspace with a tenant in it.
    pub async fn other_workspace(&self) -> (Scope, TenantId) {
        let scope = self.stranger("outsider").await;
        let store = self.services.store();
        store
            .workspace_create("Elsewhere", scope.user_id())
            .await
            .unwrap();
        let scope = self.again(&scope).await;
        let tenant = self
            .tenant(&scope, "Elsewhere", TenantLifecycle::Active)
            .await;
        let seed = &self.sandbox.tenants()[2];
        self.connect(&scope, tenant, seed, &seed.client_secret)
            .await;
        (scope, tenant)
    }

    pub async fn access(&self, site: usize) -> TenantAccess {
        let store = self.services.store();
        store
            .tenant(&self.owner, self.sites[site].id)
            .await
            .unwrap()
    }

    /// The same world with another provider.
    pub fn again_at(&self, endpoints: Endpoints) -> Self {
        let again = |site: &Site| Site {
            id: site.id,
            seed: site.seed.clone(),
        };
        Self {
            url: self.url.clone(),
            services: self.services.clone(),
            sandbox: self.sandbox.clone(),
            endpoints,
            owner: self.owner.clone(),
            workspace: self.workspace.clone(),
            sites: self.sites.iter().map(again).collect(),
        }
    }

    pub fn pool(&self) -> Pool {
        self.pool_with(patience(), SETTINGS)
    }

    pub fn pool_with(&self, client: ClientSettings, settings: PoolSettings) -> Pool {
        let client = HttpGraphClient::new(client).unwrap();
        Pool::new(
            &self.services,
            Arc::new(client),
            self.endpoints.clone(),
            settings,
        )
        // Tries follow each other at once, unless the provider asks for a pause.
        .with_jitter(Jitter::Fixed(Chance(0)))
    }

    /// A pool that talks to the provider through a client of the test's own.
    pub fn pool_of(&self, client: impl GraphClient + 'static) -> Pool {
        self.pool_of_with(Arc::new(client), SETTINGS)
    }

    pub fn pool_of_with(&self, client: Arc<dyn GraphClient>, settings: PoolSettings) -> Pool {
        Pool::new(&self.services, client, self.endpoints.clone(), settings)
    }

    /// Asks for a run in a tenant, and it must be queued.
    pub async fn ask(&self, scope: &Scope, site: usize, operation: &str) -> RunId {
        let tenant = self.sites[site].id();
        let answer = self
            .services
            .start(scope, &tenant, operation)
            .await
            .unwrap();
        assert_eq!(answer.result, StartResult::Accepted);
        answer.run_id
    }

    /// Asks for a run in the owner's name and lets it be worked on, with as many tries as it takes.
    pub async fn work(&self, site: usize, operation: &str) -> RunView {
        let run = self.ask(&self.owner, site, operation).await;
        let over = || async {
            self.pool().drain().await.unwrap();
            self.view(run).await.state.is_over()
        };
        until("the end of the run", over).await;
        self.view(run).await
    }

    /// A run's page as the owner sees it.
    pub async fn view(&self, run: RunId) -> RunView {
        self.seen_by(&self.owner, run).await
    }

    pub async fn seen_by(&self, scope: &Scope, run: RunId) -> RunView {
        let page = self.services.run_page(scope, &run.to_string(), None).await;
        changed(page)
    }

    /// Breaks the provider for one tenant.
    pub fn break_for(&self, site: usize, route: &str, kind: FaultKind) {
        let mut fault = Fault::everywhere(kind);
        fault.tenant_id = Some(self.sites[site].seed.tenant_id.clone());
        fault.route = (!route.is_empty()).then(|| route.to_owned());
        self.sandbox.faults().add(fault).unwrap();
    }

    /// What the provider was asked for a run.
    pub fn asked_for(&self, run: RunId) -> Vec<JournalEntry> {
        let id = run.to_string();
        let mut entries = self.sandbox.journal().since(0);
        entries.retain(|entry| entry.client_request_id.as_deref() == Some(&*id));
        entries
    }

    /// How many notifications about a run the person's bell shows.
    pub async fn told(&self, scope: &Scope, run: RunId) -> usize {
        let bell = self.services.notifications_page(scope).await.unwrap();
        bell.items.iter().filter(|item| item.run_id == run).count()
    }
}

pub fn changed<T>(page: Result<Live<T>, ApiError>) -> T {
    match page.unwrap() {
        Live::Changed(view) => view,
        Live::Unchanged { .. } => panic!("nothing was shown before"),
    }
}

/// Waits until something is so; fails when it has not come about in a generous time.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while !is_so().await {
            look.tick().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(waited.is_ok(), "never came about: {what}");
}
