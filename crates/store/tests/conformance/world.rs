//! A small installation: one workspace, one tenant in service with a usable connection, its owner.

use std::{sync::Arc, time::Duration};

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::{ConnectionId, RequestId, RunId, TenantId, UserId, WorkerId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    summary::SummaryCounts,
};
use policy::Running;
use store::{
    NewConnection, NewTenant, NewUser, Presence, Requested, RunDraft, RunEnd, Scope, Store,
    StoreError, SystemDraft, TenantAccess, WorkedOutcome, WorkspaceAccess,
};
use uuid::Uuid;

use crate::database::Database;

pub struct World {
    pub db: Arc<Database>,
    pub store: Store,
    pub owner: Scope,
    pub workspace: WorkspaceAccess,
    pub tenant: TenantAccess,
    pub connection: ConnectionId,
}

pub fn person(name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@example.test"),
        display_name: name.to_owned(),
        password_hash: "not a hash".to_owned(),
    }
}

pub fn worker() -> WorkerId {
    WorkerId::from_uuid(Uuid::now_v7())
}

pub async fn sign_in(store: &Store, user: UserId) -> Scope {
    let token = Uuid::now_v7().to_string();
    store.session_create(user, &token).await.unwrap();
    resolve(store, &token, Presence::ByHand).await.unwrap()
}

pub async fn resolve(store: &Store, token: &str, presence: Presence) -> Option<Scope> {
    let request = RequestId::from_uuid(Uuid::now_v7());
    store.scope(token, request, presence).await.unwrap()
}

pub fn end(outcome: WorkedOutcome) -> RunEnd {
    RunEnd {
        outcome,
        counts: SummaryCounts::default(),
        failures: Vec::new(),
    }
}

pub fn accepted(answer: Requested) -> RunId {
    match answer {
        Requested::Accepted(run) => run,
        other => panic!("not accepted: {other:?}"),
    }
}

impl World {
    pub async fn new(db: &Arc<Database>) -> Self {
        let store = db.store.clone();
        store.setup_link_create("first link").await.unwrap();
        let owner = store
            .claim_installation("first link", person("owner"), "First workspace")
            .await
            .unwrap();
        let owner = sign_in(&store, owner).await;
        let workspace = store.current_workspace(&owner).await.unwrap();
        let (tenant, connection) = tenant_in(&store, &owner, &workspace, "First tenant").await;
        Self {
            db: Arc::clone(db),
            store,
            owner,
            workspace,
            tenant,
            connection,
        }
    }

    /// A person with these roles, signed in.
    pub async fn person(
        &self,
        name: &str,
        in_workspace: Option<Role>,
        in_tenant: Option<Role>,
    ) -> Scope {
        let user = self.store.user_create(person(name)).await.unwrap();
        if let Some(role) = in_workspace {
            self.store
                .workspace_role_set(&self.owner, &self.workspace, user, role)
                .await
                .unwrap();
        }
        if let Some(role) = in_tenant {
            self.store
                .tenant_role_set(&self.owner, &self.tenant, user, role)
                .await
                .unwrap();
        }
        sign_in(&self.store, user).await
    }

    /// An operator of the tenant, signed in.
    pub async fn operator(&self, name: &str) -> Scope {
        self.person(name, Some(Role::Operator), Some(Role::Operator))
            .await
    }

    pub async fn another_tenant(&self, name: &str) -> TenantAccess {
        tenant_in(&self.store, &self.owner, &self.workspace, name)
            .await
            .0
    }

    /// Another tenant with its connection.
    pub async fn another_site(&self, name: &str) -> (TenantAccess, ConnectionId) {
        tenant_in(&self.store, &self.owner, &self.workspace, name).await
    }

    /// Every chain of the audit log verifies.
    pub async fn chains_hold(&self) {
        let verdicts = self.store.audit_verify().await.unwrap();
        assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
    }

    /// The tenant as it is now.
    pub async fn fresh_tenant(&self) -> TenantAccess {
        let id = self.tenant.id();
        self.store.tenant(&self.owner, id).await.unwrap()
    }

    pub async fn lifecycle(&self, to: TenantLifecycle) {
        let tenant = self.fresh_tenant().await;
        self.store
            .tenant_lifecycle_set(&self.owner, &tenant, to)
            .await
            .unwrap();
    }

    pub async fn ask(&self, scope: &Scope, operation: OperationType) -> Requested {
        self.ask_in(scope, &self.tenant, operation).await
    }

    pub async fn ask_in(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        operation: OperationType,
    ) -> Requested {
        let draft = RunDraft {
            operation,
            tenant,
            retry_of: None,
        };
        self.store.run_request(scope, draft).await.unwrap()
    }

    pub async fn sync(&self, scope: &Scope) -> RunId {
        accepted(self.ask(scope, OperationType::InventorySync).await)
    }

    pub async fn sync_by_system(&self) -> RunId {
        let draft = SystemDraft {
            operation: OperationType::InventorySync,
            workspace_id: self.workspace.id(),
            tenant_id: self.tenant.id(),
        };
        accepted(self.store.run_request_by_system(draft).await.unwrap())
    }

    /// Starts the one run that waits, and it must be allowed.
    pub async fn start_one(&self) -> Running {
        let mut started = self.store.runs_start(worker(), 10).await.unwrap();
        assert!(started.refused.is_empty());
        assert_eq!(started.running.len(), 1);
        started.running.remove(0)
    }

    /// Starts the one run that a dropped claim gave back: the rollback is done by the pool in its own time,
    /// and until then PostgreSQL skips the locked row.
    pub async fn start_given_back(&self) -> Running {
        let start = async {
            loop {
                let mut started = self.store.runs_start(worker(), 10).await.unwrap();
                assert!(started.refused.is_empty());
                if let Some(running) = started.running.pop() {
                    return running;
                }
            }
        };
        let started = tokio::time::timeout(Duration::from_secs(60), start).await;
        started.unwrap()
    }

    /// A run of the operation, running.
    pub async fn running(&self, scope: &Scope, operation: OperationType) -> Running {
        accepted(self.ask(scope, operation).await);
        self.start_one().await
    }

    pub async fn succeed(&self, running: Running) {
        let end = end(WorkedOutcome::Succeeded);
        self.store.run_finish(&running, &end).await.unwrap();
    }

    /// Takes runs whose lease is over from their workers; answers how many.
    pub async fn rescue(&self) -> Result<usize, StoreError> {
        store::conformance::rescue(&self.store).await
    }

    /// Lets the lease of a running run be over.
    pub async fn expire(&self, run: RunId) {
        let run = self.db.id(run.as_uuid());
        let sql = format!("update run_queue set lease_until = 1 where run_id = {run}");
        assert_eq!(self.db.raw.run(&sql).await, 1);
    }

    /// Marks the database as a laboratory, past the program, and opens it as one.
    pub async fn laboratory(&mut self) {
        self.db
            .raw
            .run("insert into installation (id, habitat, made_at) values (1, 'laboratory', 1)")
            .await;
        self.store = self.db.another_store().await;
    }

    /// How many rows of a table are about a run.
    pub async fn count(&self, table: &str, run: RunId) -> i64 {
        let run = self.db.id(run.as_uuid());
        let sql = format!("select count(*) from {table} where run_id = {run}");
        self.db.raw.int(&sql).await.unwrap()
    }

    /// How many audit entries with an action are about a run.
    pub async fn audited(&self, action: &str, run: RunId) -> i64 {
        let run = self.db.id(run.as_uuid());
        let sql =
            format!("select count(*) from audit_log where run_id = {run} and action = '{action}'");
        self.db.raw.int(&sql).await.unwrap()
    }

    /// A run written by raw SQL, with its row in the queue: the way a newer version might write one.
    pub async fn raw_run(&self, operation: &str, user: UserId) -> RunId {
        let run = RunId::from_uuid(Uuid::now_v7());
        self.db
            .raw
            .run(&self.raw_run_sql(run, operation, user))
            .await;
        let db = &self.db;
        let (ws, tenant) = self.owner_ids();
        db.raw
            .run(&format!(
                "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, type, priority, queued_at,
                   available_at, attempt)
                 values ({ws}, {tenant}, {}, {}, '{operation}', 0, 1, 1, 1)",
                db.id(run.as_uuid()),
                db.bytes(&run.as_uuid().simple().to_string()),
            ))
            .await;
        run
    }

    pub fn raw_run_sql(&self, run: RunId, operation: &str, user: UserId) -> String {
        let db = &self.db;
        let (ws, tenant) = self.owner_ids();
        format!(
            "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
               required_capability, identity_hash, context, queued_at, updated_at)
             values ({ws}, {tenant}, {}, '{operation}', 'actor_bound', {}, 'raw', 'inventory.sync', {},
               '{{\"execution_authority_mode\":\"actor_bound\"}}', 1, 1)",
            db.id(run.as_uuid()),
            db.id(user.as_uuid()),
            db.bytes(&run.as_uuid().simple().to_string()),
        )
    }

    /// Workspace and tenant as raw SQL writes them.
    pub fn owner_ids(&self) -> (String, String) {
        (
            self.db.id(self.workspace.id().as_uuid()),
            self.db.id(self.tenant.id().as_uuid()),
        )
    }
}

async fn tenant_in(
    store: &Store,
    owner: &Scope,
    workspace: &WorkspaceAccess,
    name: &str,
) -> (TenantAccess, ConnectionId) {
    let new = NewTenant {
        name: name.to_owned(),
        entra_tenant_id: Some(format!("directory of {name}")),
        lifecycle: TenantLifecycle::Active,
    };
    let id: TenantId = store.tenant_create(owner, workspace, new).await.unwrap();
    let tenant = store.tenant(owner, id).await.unwrap();
    let new = NewConnection {
        display_name: "Connection".to_owned(),
        entra_tenant_id: "directory".to_owned(),
        client_id: "application".to_owned(),
        consent: ConsentStatus::Granted,
        verification: VerificationStatus::Healthy,
    };
    let connection = store.connection_create(owner, &tenant, new).await.unwrap();
    store
        .credential_store(owner, &tenant, connection, vec![1, 2, 3])
        .await
        .unwrap();
    (tenant, connection)
}

/// Another workspace with its own owner and tenant.
pub async fn strangers(store: &Store) -> (Scope, WorkspaceAccess, TenantAccess) {
    let user = store.user_create(person("stranger")).await.unwrap();
    let id: WorkspaceId = store
        .workspace_create("Other workspace", user)
        .await
        .unwrap();
    let scope = sign_in(store, user).await;
    let workspace = store.workspace(&scope, id).await.unwrap();
    let (tenant, _) = tenant_in(store, &scope, &workspace, "Other tenant").await;
    (scope, workspace, tenant)
}
