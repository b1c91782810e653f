//! An installation with an owner and two tenants, made before the program starts.

use std::path::Path;

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::{RequestId, RunId, TenantId},
    lifecycle::TenantLifecycle,
    run::RunState,
    views::{Live, RunView, StartAnswer},
};
use graph_sandbox::{
    Clock, ControlApi, Fault, FaultKind, Sandbox, SandboxConfig, Scale, TenantSeed,
};
use operations::{MasterKey, Passwords, Presence, Services};
use store::{NewConnection, NewTenant, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    http::Answer,
    program::{Server, Worker},
    wait::{Log, until},
};

pub const CHECK: &str = "provider.connection.check";
pub const SYNC: &str = "inventory.sync";

/// A data folder whose provider is a sandbox of the test's own.
pub struct Installation {
    pub folder: TempDir,
    pub sandbox: Sandbox,
    /// Two tenants in service, with their directories.
    pub sites: Vec<(TenantId, TenantSeed)>,
    /// The owner's session.
    pub session: String,
}

fn request() -> RequestId {
    RequestId::from_uuid(Uuid::now_v7())
}

impl Installation {
    /// Makes one on an empty database; `queued` is asked for in the second tenant and left waiting.
    pub async fn new(database: &str, queued: Option<&str>) -> (Self, Option<RunId>) {
        let folder = tempfile::tempdir().unwrap();
        let config = SandboxConfig {
            seed: 5,
            tenants: 2,
            scale: Scale::Small,
            control: ControlApi::Off,
        };
        let sandbox = Sandbox::generate(config, Clock::system());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(sandbox.serve(listener));
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        let file = serde_json::json!({ "authority": provider, "graph": provider });
        std::fs::write(data.join("provider.json"), file.to_string()).unwrap();

        let key = MasterKey::open(&data.join("master.key")).unwrap();
        let store = Store::open(database).await.unwrap();
        let services = Services::new(store, Passwords::new().unwrap(), key);
        let link = services.setup_token(request()).await.unwrap().unwrap();
        let person = ("Olivia", "olivia@example.test", "violet tractor umbrella");
        let session = services
            .setup(
                &link,
                person.0,
                person.1,
                person.2,
                "Contoso Group",
                request(),
            )
            .await
            .unwrap();
        let mut sites = Vec::new();
        for seed in sandbox.tenants() {
            let id = connect(&services, &data, &session, &seed).await;
            sites.push((id, seed));
        }
        let mut run = None;
        if let Some(operation) = queued {
            let scope = scope(&services, &session).await;
            let (tenant, _) = sites.last().unwrap();
            let answer = services.start(&scope, &tenant.to_string(), operation).await;
            run = Some(answer.unwrap().run_id);
        }
        services.store().close().await;
        let installation = Self {
            folder,
            sandbox,
            sites,
            session,
        };
        (installation, run)
    }

    /// Starts pages and one slot for runs in one process.
    pub fn serve(&self, database: &str) -> Server {
        self.started(database, |folder, arguments| {
            Server::start(folder, "serve", &[arguments, &["--workers", "1"]].concat())
        })
    }

    /// Starts the pages alone.
    pub fn web(&self, database: &str) -> Server {
        self.started(database, |folder, arguments| {
            Server::start(folder, "web", arguments)
        })
    }

    /// Starts workers alone.
    pub fn worker(&self, database: &str) -> Worker {
        self.started(database, Worker::start)
    }

    /// Starts workers alone, with more arguments.
    pub fn worker_with(&self, database: &str, more: &[&str]) -> Worker {
        self.started(database, |folder, arguments| {
            Worker::start(folder, &[arguments, more].concat())
        })
    }

    /// The use cases of a process of the test's own, and who the owner is in it.
    pub async fn services(&self, database: &str) -> (Services, operations::Scope) {
        let key = MasterKey::open(&self.folder.path().join("data/master.key")).unwrap();
        let store = Store::open(database).await.unwrap();
        let services = Services::new(store, Passwords::new().unwrap(), key);
        let scope = scope(&services, &self.session).await;
        (services, scope)
    }

    /// How often the provider was asked for anything on behalf of a run.
    pub fn calls(&self, run: RunId) -> usize {
        let id = run.to_string();
        let entries = self.sandbox.journal().since(0);
        let ours = |it: &&_| ours(it, &id);
        entries.iter().filter(ours).count()
    }

    fn started<T>(&self, database: &str, start: impl Fn(&Path, &[&str]) -> T) -> T {
        let data = self.folder.path().join("data");
        let data = data.to_str().unwrap();
        let arguments = ["--data-dir", data, "--database-url", database];
        start(self.folder.path(), &arguments)
    }

    /// Starts an operation by the pages' own function.
    pub fn start(&self, server: &Server, site: usize, operation: &str) -> RunId {
        let (tenant, _) = self.sites.get(site).unwrap();
        let form = format!("tenant={tenant}&operation={operation}");
        let answer = server.post("/api/run/start", &self.session, &form);
        assert_eq!(answer.status, 200, "{answer:?}\n{}", server.log().text());
        Self::answered(&answer)
    }

    /// The run that a press was answered with.
    pub fn answered(answer: &Answer) -> RunId {
        let answer: StartAnswer = serde_json::from_str(&answer.body).unwrap();
        answer.run_id
    }

    /// Where a run stands; none while the server does not know.
    pub fn state(&self, server: &Server, run: RunId) -> Option<RunState> {
        self.view(server, run).map(|view| view.state)
    }

    /// What a run's page says; none while the server does not know.
    pub fn view(&self, server: &Server, run: RunId) -> Option<RunView> {
        let asked = serde_json::json!({ "id": run, "version": null }).to_string();
        let answer = server.read("/api/run/page", &self.session, &asked);
        if answer.status != 200 {
            return None;
        }
        match serde_json::from_str::<Live<RunView>>(&answer.body).unwrap() {
            Live::Changed(view) => Some(view),
            Live::Unchanged { .. } => None,
        }
    }

    /// Makes a tenant's directory answer late on a route, once.
    pub fn slow_down(&self, site: usize, route: &str, delay_ms: u64) {
        let (_, seed) = self.sites.get(site).unwrap();
        let mut fault = Fault::everywhere(FaultKind::Delay { delay_ms });
        fault.tenant_id = Some(seed.tenant_id.clone());
        fault.route = Some(route.to_owned());
        fault.count = Some(1);
        self.sandbox.faults().add(fault).unwrap();
    }

    /// Waits until the provider is asked for a path on behalf of a run.
    pub fn until_asked(&self, run: RunId, path: &str, log: &Log) {
        let id = run.to_string();
        until("the run's call", log, || {
            let entries = self.sandbox.journal().since(0);
            entries.iter().any(|it| it.path == path && ours(it, &id))
        });
    }
}

fn ours(entry: &graph_sandbox::JournalEntry, run: &str) -> bool {
    entry.client_request_id.as_deref() == Some(run)
}

async fn scope(services: &Services, session: &str) -> operations::Scope {
    let found = services.scope(session, request(), Presence::ByHand).await;
    found.unwrap().unwrap()
}

async fn connect(services: &Services, data: &Path, session: &str, seed: &TenantSeed) -> TenantId {
    let (scope, store) = (scope(services, session).await, services.store());
    let workspace = store.current_workspace(&scope).await.unwrap();
    let new = NewTenant {
        name: seed.display_name.clone(),
        entra_tenant_id: Some(seed.tenant_id.clone()),
        lifecycle: TenantLifecycle::Active,
    };
    let id = store.tenant_create(&scope, &workspace, new).await.unwrap();
    let tenant = store.tenant(&scope, id).await.unwrap();
    assert_eq!(tenant.role(), Role::Owner);
    let new = NewConnection {
        display_name: "Microsoft 365".to_owned(),
        entra_tenant_id: seed.tenant_id.clone(),
        client_id: seed.client_id.clone(),
        consent: ConsentStatus::Granted,
        verification: VerificationStatus::Healthy,
    };
    let connection = store.connection_create(&scope, &tenant, new).await.unwrap();
    let key = MasterKey::open(&data.join("master.key")).unwrap();
    let sealed = key.seal(connection, &seed.client_secret.clone().into());
    let stored = store.credential_store(&scope, &tenant, connection, sealed.unwrap());
    stored.await.unwrap();
    id
}
