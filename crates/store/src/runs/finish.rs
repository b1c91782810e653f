//! Ending runs: the ledger, the queue, the audit log and the one notification of each, together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use domain::{
    bulk::NOTHING_STARTED,
    ids::{RunId, UserId},
    run::RunOutcome,
    summary::SummaryCounts,
    time::Timestamp,
};
use policy::{RunKey, Running};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    attempts::{EndedBy, end_attempts},
    fence::of_attempts,
    items::stop_ended,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    sql::{Row, Rows, Statement, Tx, args, dialects},
};

/// One failure of a run, in words that are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The operation's own code.
    pub code: String,
    /// The normalised reason.
    pub reason_code: String,
    /// What happened; never a token, secret, raw payload or URL with a query.
    pub message: String,
    /// How long the provider asked to wait; it decides about the next try, and is not kept.
    #[serde(skip)]
    pub stated_wait: Option<Duration>,
}

/// How a run that was worked on can end; a refusal is not among it, because the gate alone writes that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkedOutcome {
    /// All of it was done.
    Succeeded,
    /// Some of it was done.
    PartiallySucceeded,
    /// Tried and not done.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// Nobody can know without looking at the provider.
    Indeterminate,
    /// Of a bulk alone, and the database sees to it: none of its items was let start.
    NothingStarted,
}

impl From<WorkedOutcome> for RunOutcome {
    fn from(worked: WorkedOutcome) -> Self {
        match worked {
            WorkedOutcome::Succeeded => Self::Succeeded,
            WorkedOutcome::PartiallySucceeded => Self::PartiallySucceeded,
            WorkedOutcome::Failed => Self::Failed,
            WorkedOutcome::Cancelled => Self::Cancelled,
            WorkedOutcome::Indeterminate => Self::Indeterminate,
            WorkedOutcome::NothingStarted => Self::Blocked,
        }
    }
}

/// How a run ends.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// The outcome.
    pub outcome: WorkedOutcome,
    /// What was counted; when empty, what the run counted on its way stays.
    pub counts: SummaryCounts,
    /// What went wrong.
    pub failures: Vec<Failure>,
}

impl RunEnd {
    /// The one reason that stands for the end, as lists show it.
    fn reason(&self) -> Option<&str> {
        match self.outcome {
            WorkedOutcome::NothingStarted => Some(NOTHING_STARTED),
            _ => self.failures.first().map(|it| it.reason_code.as_str()),
        }
    }
}

/// What became of one end of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The run is over.
    Written,
    /// Another attempt has taken over, or the run was over already: nothing was written.
    LeaseLost,
}

// The queue rows first, in the order of their keys, as every other transaction takes them; not by `status`, for which
// there is an index that knows nothing of the keys. A run stands in the arrays once, with its last attempt.
static QUEUE_FINISH: Statement = dialects(
    "run_queue_finish",
    "delete from run_queue where rowid in (
       select q.rowid from given k
       cross join run_queue q on q.run_id = k.run and q.attempt = k.attempt
       where q.status = 'running')
     returning run_id, attempt",
    concat!(
        "with held as materialized (
       select q.run_id from run_queue q
       where ",
        of_attempts!(),
        " and q.owner is not null
       order by q.run_id for update of q)
     delete from run_queue q where q.run_id = any(array(select h.run_id from held h))
     returning q.run_id, q.attempt"
    ),
);
// A write whose end nobody knows outweighs what the handler made of the run.
static RUNS_FINISH: Statement = dialects(
    "runs_finish",
    "update operation_runs set status = 'completed', failures = t.failures,
       outcome = case when exists (
         select 1 from write_intents w where w.run_id = operation_runs.id and w.state in ('open', 'indeterminate'))
         then 'indeterminate' else t.outcome end,
       summary_counts = coalesce(t.counts, summary_counts), reason_code = t.reason, completed_at = $1, updated_at = $1,
       reconciled_at = t.reconciled
     from given as t
     where id = t.run and operation_runs.attempt = t.attempt and status = 'running'
     returning id, user_id, initiator_name, operation_runs.outcome as outcome",
    "update operation_runs set status = 'completed', failures = t.failures,
       outcome = case when exists (
         select 1 from write_intents w where w.run_id = operation_runs.id and w.state in ('open', 'indeterminate'))
         then 'indeterminate' else t.outcome end,
       summary_counts = coalesce(t.counts, summary_counts), reason_code = t.reason, completed_at = $8, updated_at = $8,
       reconciled_at = t.reconciled
     from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
       as t(run, attempt, outcome, counts, failures, reason, reconciled)
     where id = t.run and operation_runs.attempt = t.attempt and status = 'running'
     returning id, user_id, initiator_name, operation_runs.outcome as outcome",
);
impl Store {
    /// Ends a running run; asked again after a lost answer it says `LeaseLost`.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn run_finish(&self, running: &Running, end: &RunEnd) -> Result<(), StoreError> {
        match *self.runs_finish(&[(running, end)]).await? {
            [Ending::Written] => Ok(()),
            _ => Err(StoreError::LeaseLost),
        }
    }

    /// Ends running runs in one transaction; answers in the order of the runs what became of each.
    ///
    /// A run that another attempt has taken over is left alone; the others end.
    ///
    /// # Errors
    /// When the database does not take one of the ends: then none is written.
    pub async fn runs_finish(
        &self,
        ends: &[(&Running, &RunEnd)],
    ) -> Result<Vec<Ending>, StoreError> {
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.write().await?;
        let keys: Vec<_> = ends.iter().map(|(running, _)| running.key()).collect();
        let rows = tx
            .fetch_rows(&QUEUE_FINISH, attempt_rows(&keys), vec![])
            .await?;
        let mut held = rows.iter().map(held_key).collect::<Result<_, _>>()?;
        let (endings, ended) = ours(ends, &mut held);
        if !ended.is_empty() {
            let now = tx.now().await?;
            let entries = finish_all(&mut tx, now, &ended).await?;
            append(&mut tx, now, entries).await?;
            tx.commit().await?;
            self.ring_ended();
        }
        Ok(endings)
    }
}

/// An attempt that is over, and its run with it.
pub(super) struct Over<'a> {
    /// Which attempt.
    pub(super) key: RunKey,
    /// How the run ends.
    pub(super) end: &'a RunEnd,
    /// Why the attempt is over.
    pub(super) by: EndedBy,
}

/// An attempt whose queue row was ours.
type Held = HashSet<(RunId, i64)>;

fn held_key(row: &Row) -> Result<(RunId, i64), StoreError> {
    Ok((RunId::from_uuid(row.uuid("run_id")?), row.int("attempt")?))
}

/// Tells the ends that are ours to write from the others; an attempt named twice ends once.
fn ours<'a>(ends: &[(&'a Running, &'a RunEnd)], held: &mut Held) -> (Vec<Ending>, Vec<Over<'a>>) {
    let mut ended = Vec::with_capacity(held.len());
    let endings = ends
        .iter()
        .map(|(running, end)| {
            let key = running.key();
            if held.remove(&(key.run_id, key.attempt)) {
                ended.push(Over {
                    key,
                    end,
                    by: EndedBy::Finished,
                });
                Ending::Written
            } else {
                Ending::LeaseLost
            }
        })
        .collect();
    (endings, ended)
}

/// Attempts as the statements over the queue take them: of each run the last, since it has replaced the others.
pub(super) fn attempt_rows<'a>(keys: impl IntoIterator<Item = &'a RunKey>) -> Rows {
    let mut last = BTreeMap::new();
    for key in keys {
        let attempt = last.entry(key.run_id).or_insert(key.attempt);
        *attempt = key.attempt.max(*attempt);
    }
    Rows::default()
        .ids("run", last.keys().map(|run| run.as_uuid()))
        .ints("attempt", last.values().copied())
}

/// What an end counted, as JSON; nothing when it counted nothing.
pub(super) fn counts_of(end: &RunEnd) -> Result<Option<String>, StoreError> {
    (!end.counts.is_empty())
        .then(|| to_json(&end.counts))
        .transpose()
}

fn end_rows(ended: &[Over<'_>], now: Timestamp) -> Result<Rows, StoreError> {
    let of = ended.iter();
    let counts = of.clone().map(|over| counts_of(over.end));
    let counts = counts.collect::<Result<Vec<_>, _>>()?;
    let failures = of.clone().map(|over| to_json(&over.end.failures));
    let failures = failures.collect::<Result<Vec<_>, _>>()?;
    let outcome = |over: &Over<'_>| RunOutcome::from(over.end.outcome).as_str().to_owned();
    let reason = |over: &Over<'_>| over.end.reason().map(str::to_owned);
    // Nobody was left to end it.
    let reconciled = |over: &Over<'_>| (over.by == EndedBy::LeaseExpired).then_some(now.0);
    Ok(Rows::default()
        .ids("run", of.clone().map(|over| over.key.run_id.as_uuid()))
        .ints("attempt", of.clone().map(|over| over.key.attempt))
        .texts("outcome", of.clone().map(outcome))
        .texts("counts", counts.into_iter())
        .texts("failures", failures.into_iter())
        .texts("reason", of.clone().map(reason))
        .ints("reconciled", of.map(reconciled)))
}

/// Everything but the queue: ledger, attempts, notifications; answers what the audit log is to tell.
pub(super) async fn finish_all(
    tx: &mut Tx,
    now: Timestamp,
    ended: &[Over<'_>],
) -> Result<Vec<AuditEntry>, StoreError> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let rows = end_rows(ended, now)?;
    let turned = tx.fetch_rows(&RUNS_FINISH, rows, args![now]).await?;
    // The queue and the ledger say the same of a run; where they do not, nothing of the group is written.
    if turned.len() != ended.len() {
        return Err(StoreError::Conflict);
    }
    stop_ended(tx, now, ended).await?;
    end_attempts(tx, now, ended.iter().map(|over| (over.key, over.by))).await?;
    let mut actors = HashMap::with_capacity(turned.len());
    for row in &turned {
        let actor = AuditActor {
            id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
            name: row.text("initiator_name")?,
        };
        let outcome = row.word("outcome", RunOutcome::parse)?;
        actors.insert(RunId::from_uuid(row.uuid("id")?), (actor, outcome));
    }
    let (mut notices, mut entries) = (Vec::new(), Vec::with_capacity(ended.len()));
    for Over { key, end, .. } in ended {
        let (actor, outcome) = actors.remove(&key.run_id).ok_or(StoreError::Conflict)?;
        notices.extend(actor.id.map(|user_id| Notice::of(*key, user_id)));
        entries.push(completed(*key, end, outcome, actor));
    }
    notify(tx, now, &notices).await?;
    Ok(entries)
}

fn completed(key: RunKey, end: &RunEnd, outcome: RunOutcome, actor: AuditActor) -> AuditEntry {
    let detail = json!({ "outcome": outcome, "counts": end.counts, "attempt": key.attempt });
    AuditEntry::of_run(key, action::RUN_COMPLETED, actor, detail.to_string())
}
