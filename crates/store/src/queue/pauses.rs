//! Pausing a tenant's queue: what is queued stays queued, what runs goes on.

use std::collections::BTreeSet;

use domain::{ids::TenantId, time::Timestamp};

use super::scope_key;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, dialects, same},
    tenants::{TenantAccess, scopes_of},
};

/// Who paused a tenant's queue, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePause {
    /// Who, by the name the person had then.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

// Waits for the claims that hold the tenant: what they start was started before, and the next one sees the pause.
static SCOPE_HOLD: Statement = dialects(
    "queue_scope_hold",
    "select $1 as held",
    "select pg_advisory_xact_lock(hashtextextended($1, 0))",
);
static PAUSE: Statement = same(
    "queue_pause",
    "insert into queue_pauses (workspace_id, tenant_id, paused_at, paused_by, paused_by_name)
     values ($1, $2, $3, $4, $5) on conflict do nothing",
);
static RESUME: Statement = same(
    "queue_resume",
    "delete from queue_pauses where workspace_id = $1 and tenant_id = $2",
);
// What waited behind the pause begins to wait anew: it could not have been taken, so it has not grown old.
static WAIT_ANEW: Statement = dialects(
    "run_queue_wait_anew",
    "update run_queue set available_at = $2 where scope_id = $1 and status = 'queued' and available_at < $2",
    "with held as materialized (
       select run_id from run_queue where scope_id = $1 and status = 'queued' and available_at < $2
       order by run_id for update)
     update run_queue q set available_at = $2 from held where q.run_id = held.run_id",
);
static PAUSED: Statement = same(
    "queue_pause_of",
    "select paused_at, paused_by_name from queue_pauses where workspace_id = $1 and tenant_id = $2",
);

static PAUSED_AMONG: Statement = dialects(
    "queue_pauses_among",
    "select tenant_id from queue_pauses where scope_id in (select unhex(value) from jsonb_each($1))",
    "select tenant_id from queue_pauses
     where scope_id in (select value::uuid from json_array_elements_text($1::json))",
);

impl Store {
    /// Those of these tenants whose queue somebody paused.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queues_paused(
        &self,
        tenants: &[TenantAccess],
    ) -> Result<BTreeSet<TenantId>, StoreError> {
        let rows = self.db.fetch(&PAUSED_AMONG, args![scopes_of(tenants)?]);
        let rows = rows.await?;
        let ids = rows.iter().map(|row| row.uuid("tenant_id"));
        ids.map(|id| Ok(TenantId::from_uuid(id?))).collect()
    }

    /// Who paused the tenant's queue, if somebody did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queue_pause(
        &self,
        tenant: &TenantAccess,
    ) -> Result<Option<QueuePause>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.id()];
        let Some(row) = self.db.first(&PAUSED, args).await? else {
            return Ok(None);
        };
        Ok(Some(QueuePause {
            by: row.text("paused_by_name")?,
            at: row.time("paused_at")?,
        }))
    }

    /// Pauses the tenant's queue: once this has answered, no run of it starts.
    ///
    /// # Errors
    /// `Conflict` when it is paused already, or the person's role has changed meanwhile; `NotFound` when they
    /// have lost the tenant.
    pub async fn queue_pause_set(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        // Before the rows of authority, as a claim takes it: else the two could wait for each other.
        let key = scope_key(tenant.scope_id());
        tx.execute(&SCOPE_HOLD, args![key]).await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let args = args![
            tenant.workspace_id(),
            tenant.id(),
            now,
            scope.user_id,
            &*scope.display_name
        ];
        if tx.execute(&PAUSE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = entry(scope, tenant, action::TENANT_QUEUE_PAUSED);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }

    /// Lets the tenant's runs start again.
    ///
    /// # Errors
    /// `Conflict` when the queue is not paused, or the person's role has changed meanwhile; `NotFound` when
    /// they have lost the tenant.
    pub async fn queue_resume(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        // Rows of the queue come before those of authority, too.
        let now = tx.now().await?;
        tx.execute(&WAIT_ANEW, args![tenant.scope_id(), now])
            .await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let args = args![tenant.workspace_id(), tenant.id()];
        if tx.execute(&RESUME, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = entry(scope, tenant, action::TENANT_QUEUE_RESUMED);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        self.ring();
        Ok(())
    }
}

fn entry(scope: &Scope, tenant: &TenantAccess, action: &'static str) -> AuditEntry {
    AuditEntry {
        workspace_id: tenant.workspace_id(),
        scope_id: tenant.scope_id(),
        action,
        actor: AuditActor::of(scope),
        subject_id: tenant.id().as_uuid(),
        run_id: None,
        detail: "{}".to_owned(),
    }
}
