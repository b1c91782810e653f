//! Back into the queue, as the next attempt: after a lost lease, a hand-back, or a failure that may pass.

use std::collections::HashSet;

use domain::{ids::RunId, time::Timestamp};
use policy::RunKey;
use serde_json::{Value, json};

use super::attempts::{EndedBy, end_attempts};
use crate::{
    audit::{AuditActor, AuditEntry, action, to_json},
    error::StoreError,
    sql::{Statement, Tx, args, dialects},
};

/// An attempt that is over while its run is not.
pub(super) struct Back {
    /// Which attempt.
    pub(super) key: RunKey,
    /// Why it is over.
    pub(super) by: EndedBy,
    /// When the next one may start.
    pub(super) available_at: Timestamp,
    /// Why not before, as a code.
    pub(super) waiting: Option<String>,
    /// What it counted, as JSON; without it, what was counted on the way stays.
    pub(super) counts: Option<String>,
    /// What the audit log tells beyond that.
    pub(super) detail: Value,
}

static RUNS_REQUEUE: Statement = dialects(
    "runs_requeue",
    "update operation_runs set status = 'queued', started_attempt = null, attempt = operation_runs.attempt + 1,
       summary_counts = coalesce(t.counts, summary_counts), updated_at = $2
     from (select unhex(k.value ->> 'run') as run, k.value ->> 'attempt' as attempt, k.value ->> 'counts' as counts
           from jsonb_each($1) k) as t
     where id = t.run and operation_runs.attempt = t.attempt and status = 'running'
     returning id",
    "update operation_runs set status = 'queued', started_attempt = null, attempt = operation_runs.attempt + 1,
       summary_counts = coalesce(t.counts, summary_counts), updated_at = $2
     from json_to_recordset($1::json) as t(run uuid, attempt bigint, counts text)
     where id = t.run and operation_runs.attempt = t.attempt and status = 'running'
     returning id",
);
// Rows that the caller has locked already, in the order of their keys or skipping what others hold.
static QUEUE_REQUEUE: Statement = dialects(
    "run_queue_requeue",
    "update run_queue set status = 'queued', owner = null, lease_until = null, attempt = run_queue.attempt + 1,
       available_at = t.available, waiting_code = t.waiting, retries = retries + t.retried, rescues = rescues + t.rescued
     from (select unhex(k.value ->> 'run') as run, k.value ->> 'attempt' as attempt,
             k.value ->> 'available' as available, k.value ->> 'waiting' as waiting,
             k.value ->> 'retried' as retried, k.value ->> 'rescued' as rescued from jsonb_each($1) k) as t
     where run_id = t.run and run_queue.attempt = t.attempt",
    "update run_queue set status = 'queued', owner = null, lease_until = null, attempt = run_queue.attempt + 1,
       available_at = t.available, waiting_code = t.waiting, retries = retries + t.retried, rescues = rescues + t.rescued
     from json_to_recordset($1::json) as t(run uuid, attempt bigint, available bigint, waiting text, retried bigint,
       rescued bigint)
     where run_id = t.run and run_queue.attempt = t.attempt",
);

impl Back {
    fn row(&self) -> Value {
        json!({
            "run": self.key.run_id.as_uuid().simple(),
            "attempt": self.key.attempt,
            "counts": self.counts,
            "available": self.available_at,
            "waiting": self.waiting,
            "retried": i64::from(self.by == EndedBy::Retried),
            "rescued": i64::from(matches!(self.by, EndedBy::LeaseExpired | EndedBy::BrokenOff)),
        })
    }

    fn entry(self) -> AuditEntry {
        let action = match self.by {
            EndedBy::Retried => action::RUN_RETRY_SCHEDULED,
            _ => action::RUN_RESCUED,
        };
        AuditEntry::of_run(
            self.key,
            action,
            AuditActor::system(),
            self.detail.to_string(),
        )
    }
}

/// Puts runs back into the queue, each as its next attempt; answers what the audit log is to tell of those
/// that went back. One that the ledger knows otherwise is left alone.
pub(super) async fn requeue(
    tx: &mut Tx,
    now: Timestamp,
    back: Vec<Back>,
) -> Result<Vec<AuditEntry>, StoreError> {
    if back.is_empty() {
        return Ok(Vec::new());
    }
    let rows = to_json(&back.iter().map(Back::row).collect::<Vec<_>>())?;
    let turned: HashSet<RunId> = tx
        .fetch(&RUNS_REQUEUE, args![rows, now])
        .await?
        .iter()
        .map(|row| Ok(RunId::from_uuid(row.uuid("id")?)))
        .collect::<Result<_, StoreError>>()?;
    let back: Vec<Back> = back
        .into_iter()
        .filter(|back| turned.contains(&back.key.run_id))
        .collect();
    let rows = to_json(&back.iter().map(Back::row).collect::<Vec<_>>())?;
    tx.execute(&QUEUE_REQUEUE, args![&*rows]).await?;
    end_attempts(tx, now, back.iter().map(|back| (back.key, back.by))).await?;
    Ok(back.into_iter().map(Back::entry).collect())
}
