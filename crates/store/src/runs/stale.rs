//! Queued runs that no worker ever took: ended, so that a new start is not answered with them for ever.

use std::collections::HashMap;

use domain::{
    ids::{RunId, UserId},
    time::{DAY, Timestamp},
};
use policy::RunKey;
use serde_json::json;

use super::{
    Failure,
    items::{Waiting, stop_waiting},
    kept::outcome_kept,
    ledger::leave_queue,
    row::run_key,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    sql::{Row, Statement, args, dialects, id_list, same},
};

/// How long a run may wait while workers are there.
pub const STALE_AFTER: i64 = DAY;
/// The reason of a run that nobody took.
pub const STALE_QUEUED: &str = "stale_queued";

static STALE_PEEK: Statement = same(
    "run_queue_stale_peek",
    "select run_id from run_queue where status = 'queued' and available_at <= $1 limit 1",
);
// Counted is the time from when the run could have been taken on, as far as workers were there.
static STALE: Statement = dialects(
    "run_queue_stale",
    "select q.workspace_id, q.scope_id, q.run_id, q.attempt, r.user_id from run_queue q join operation_runs r on r.id = q.run_id
     where q.status = 'queued' and q.available_at <= $1
       and not exists (select 1 from queue_pauses z where z.scope_id = q.scope_id)
       and (select coalesce(sum(min(p.until_at, $2) - max(p.began_at, q.available_at)), 0) from worker_presence p
            where p.until_at > q.available_at and p.began_at < $2) >= $3
     order by q.run_id limit 200",
    "select q.workspace_id, q.scope_id, q.run_id, q.attempt, r.user_id from run_queue q join operation_runs r on r.id = q.run_id
     where q.status = 'queued' and q.available_at <= $1
       and not exists (select 1 from queue_pauses z where z.scope_id = q.scope_id)
       and (select coalesce(sum(least(p.until_at, $2) - greatest(p.began_at, q.available_at)), 0) from worker_presence p
            where p.until_at > q.available_at and p.began_at < $2) >= $3
     order by q.run_id limit 200 for update of q skip locked",
);
// What an earlier attempt did stays, and a write whose end nobody knows outweighs it (I5).
static RUNS_STALE: Statement = dialects(
    "runs_stale",
    concat!(
        "update operation_runs set status = 'completed', completed_at = $2, updated_at = $2, reconciled_at = $2,
       outcome = ",
        outcome_kept!("failed"),
        ",
       reason_code = $3, failures = $4
     where id in (select unhex(value) from jsonb_each($1)) and status = 'queued'
     returning id, outcome"
    ),
    concat!(
        "update operation_runs set status = 'completed', completed_at = $2, updated_at = $2, reconciled_at = $2,
       outcome = ",
        outcome_kept!("failed"),
        ",
       reason_code = $3, failures = $4
     where id in (select value::uuid from json_array_elements_text($1::json)) and status = 'queued'
     returning id, outcome"
    ),
);

/// What became of queued runs that nobody took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// How many were ended.
    pub ended: usize,
    /// Of which the queue and the ledger do not say the same, so that they were left as they are.
    pub odd: Vec<RunId>,
}

struct Stale {
    key: RunKey,
    user_id: Option<UserId>,
}

impl Stale {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: run_key(row)?,
            user_id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
        })
    }

    fn notice(&self) -> Option<Notice> {
        Some(Notice::of(self.key, self.user_id?))
    }

    /// The terminal entry; the installation itself did it, and nobody else.
    fn entry(&self, outcome: &str) -> AuditEntry {
        let detail =
            json!({ "outcome": outcome, "reason": STALE_QUEUED, "attempt": self.key.attempt });
        AuditEntry::of_run(
            self.key,
            action::RUN_COMPLETED,
            AuditActor::system(),
            detail.to_string(),
        )
    }
}

impl Store {
    /// Ends queued runs that nobody took although workers were there all the time, some hundred at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_reconcile(&self) -> Result<Reconciled, StoreError> {
        let now = self.db.now().await?;
        let old = now.plus(-STALE_AFTER);
        if self.db.first(&STALE_PEEK, args![old]).await?.is_none() {
            return Ok(Reconciled::default());
        }
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&STALE, args![old, now, STALE_AFTER]).await?;
        if rows.is_empty() {
            return Ok(Reconciled::default());
        }
        let stale = rows.iter().map(Stale::of).collect::<Result<Vec<_>, _>>()?;
        let ids = id_list(stale.iter().map(|run| run.key.run_id.as_uuid()))?;
        let now: Timestamp = tx.now().await?;
        let args = args![&*ids, now, STALE_QUEUED, to_json(&[failure()])?];
        let mut outcomes = HashMap::with_capacity(stale.len());
        for row in tx.fetch(&RUNS_STALE, args).await? {
            outcomes.insert(RunId::from_uuid(row.uuid("id")?), row.text("outcome")?);
        }
        let (ended, odd): (Vec<_>, Vec<_>) = stale
            .into_iter()
            .partition(|run| outcomes.contains_key(&run.key.run_id));
        let keys: Vec<_> = ended.iter().map(|run| run.key).collect();
        leave_queue(&mut tx, &keys).await?;
        let runs = keys.iter().map(|key| key.run_id);
        stop_waiting(&mut tx, now, runs, Waiting::Stale).await?;
        let outcome_of = |run: &Stale| outcomes.get(&run.key.run_id);
        let entries = ended
            .iter()
            .filter_map(|run| Some(run.entry(outcome_of(run)?)));
        let entries = entries.collect();
        let notices: Vec<_> = ended.iter().filter_map(Stale::notice).collect();
        notify(&mut tx, now, &notices).await?;
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        Ok(Reconciled {
            ended: ended.len(),
            odd: odd.iter().map(|run| run.key.run_id).collect(),
        })
    }
}

fn failure() -> Failure {
    Failure {
        code: "run.queue".to_owned(),
        reason_code: STALE_QUEUED.to_owned(),
        message:
            "no worker took this run in the 24 hours in which workers were there, so it was ended"
                .to_owned(),
        stated_wait: None,
    }
}
