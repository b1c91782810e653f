//! Leases: kept by heartbeats, taken back when a worker falls silent.

use domain::ids::{RunId, ScopeId, WorkerId, WorkspaceId};
use policy::{RunKey, Running};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    sql::{Statement, args, dialects, same},
};

// Locked in the order of the keys: runs of the same pool end in groups meanwhile.
static HEARTBEAT: Statement = dialects(
    "run_queue_heartbeat",
    "update run_queue set lease_until = $3
     from (select unhex(k.value ->> 'run') as run, k.value ->> 'attempt' as attempt from json_each($1) k) as t
     where run_id = t.run and run_queue.attempt = t.attempt and owner = $2 and status = 'running'
     returning run_id, run_queue.attempt as attempt",
    "with held as materialized (
       select q.run_id from json_to_recordset($1::json) as t(run uuid, attempt bigint)
       join run_queue q on q.run_id = t.run and q.attempt = t.attempt
       where q.owner = $2 and q.status = 'running' order by q.run_id for update of q)
     update run_queue q set lease_until = $3 from held where q.run_id = held.run_id
     returning q.run_id, q.attempt",
);
static EXPIRED: Statement = dialects(
    "run_queue_expired",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where status = 'running' and lease_until < $1 order by lease_until limit 200",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where status = 'running' and lease_until < $1 order by lease_until limit 200 for update skip locked",
);
static RUN_REQUEUE: Statement = same(
    "run_requeue",
    "update operation_runs set status = 'queued', started_attempt = null, attempt = attempt + 1, updated_at = $3
     where id = $1 and attempt = $2 and status = 'running'",
);
static QUEUE_REQUEUE: Statement = same(
    "run_queue_requeue",
    "update run_queue set status = 'queued', owner = null, lease_until = null, attempt = attempt + 1,
       available_at = $3 where run_id = $1 and attempt = $2",
);
static ATTEMPT_EXPIRE: Statement = same(
    "run_attempt_expire",
    "update run_attempts set ended_at = $3, ended_by = 'lease_expired' where run_id = $1 and attempt = $2",
);
// Locked before the runs themselves, in the order every other transaction takes them.
static HANDED_BACK: Statement = dialects(
    "run_queue_owned",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where owner = $1 and status = 'running' order by run_id",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where owner = $1 and status = 'running' order by run_id for update",
);
static HELD: Statement = dialects(
    "run_queue_held",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where run_id = $1 and attempt = $2 and status = 'running'",
    "select workspace_id, scope_id, run_id, attempt from run_queue
     where run_id = $1 and attempt = $2 and status = 'running' for update",
);

impl Store {
    /// Keeps the leases of a worker's runs; answers those it still holds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lease_renew(
        &self,
        worker: WorkerId,
        held: &[RunKey],
    ) -> Result<Vec<RunKey>, StoreError> {
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = held
            .iter()
            .map(|key| json!({ "run": key.run_id.as_uuid().simple(), "attempt": key.attempt }))
            .collect();
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let args = args![to_json(&rows)?, worker, now.plus(self.queue.lease_micros())];
        let kept = tx.fetch(&HEARTBEAT, args).await?;
        let mut keys = Vec::with_capacity(kept.len());
        for row in kept {
            let id = RunId::from_uuid(row.uuid("run_id")?);
            let attempt = row.int("attempt")?;
            let kept = |key: &&RunKey| key.run_id == id && key.attempt == attempt;
            keys.extend(held.iter().find(kept).copied());
        }
        tx.commit().await?;
        Ok(keys)
    }

    /// Puts runs whose lease is over back into the queue, each as a new attempt; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_rescue(&self) -> Result<usize, StoreError> {
        let now = self.db.now().await?;
        if self.db.first(&EXPIRED_PEEK, args![now]).await?.is_none() {
            return Ok(0);
        }
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&EXPIRED, args![now]).await?;
        self.requeue(tx, rows).await
    }

    /// Puts a stopping worker's runs back into the queue, each as a new attempt; answers how many.
    ///
    /// # Errors
    /// When the database does not answer; then the leases run out by themselves.
    pub async fn runs_hand_back(&self, worker: WorkerId) -> Result<usize, StoreError> {
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&HANDED_BACK, args![worker]).await?;
        self.requeue(tx, rows).await
    }

    /// Puts one run that is being worked on back into the queue, as a new attempt.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn run_hand_back(&self, running: &Running) -> Result<(), StoreError> {
        let key = running.key();
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&HELD, args![key.run_id, key.attempt]).await?;
        match self.requeue(tx, rows).await? {
            0 => Err(StoreError::LeaseLost),
            _ => Ok(()),
        }
    }

    async fn requeue(
        &self,
        mut tx: crate::sql::Tx,
        rows: Vec<crate::sql::Row>,
    ) -> Result<usize, StoreError> {
        let now = tx.now().await?;
        let mut entries = Vec::new();
        for row in rows {
            let id = RunId::from_uuid(row.uuid("run_id")?);
            let attempt = row.int("attempt")?;
            if tx.execute(&RUN_REQUEUE, args![id, attempt, now]).await? == 0 {
                continue;
            }
            tx.execute(&QUEUE_REQUEUE, args![id, attempt, now]).await?;
            tx.execute(&ATTEMPT_EXPIRE, args![id, attempt, now]).await?;
            entries.push(AuditEntry {
                workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
                scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
                action: action::RUN_RESCUED,
                actor: AuditActor {
                    id: None,
                    name: "System".to_owned(),
                },
                subject_id: id.as_uuid(),
                run_id: Some(id),
                detail: json!({ "lost_attempt": attempt }).to_string(),
            });
        }
        let count = entries.len();
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        if count > 0 {
            self.ring();
        }
        Ok(count)
    }
}

static EXPIRED_PEEK: Statement = same(
    "run_queue_expired_peek",
    "select run_id from run_queue where status = 'running' and lease_until < $1 limit 1",
);
