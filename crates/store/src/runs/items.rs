//! Items that were under way when their run was over: they say that they were stopped, and why.

use domain::{ids::RunId, reason::ReasonCode, time::Timestamp};
use policy::Refusal;

use super::{
    finish::{Over, WorkedOutcome},
    stale::STALE_QUEUED,
};
use crate::{
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects},
};

static ITEMS_STOPPED: Statement = dialects(
    "run_items_stopped",
    "update run_items set outcome = t.outcome, reason_code = t.reason, message = t.message, updated_at = $1
     from given as t
     where run_id = t.run and run_items.outcome = 'running'",
    "update run_items set outcome = t.outcome, reason_code = t.reason, message = t.message, updated_at = $5
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as t(run, outcome, reason, message)
     where run_id = t.run and run_items.outcome = 'running'",
);

const CANCELLED: &str = "Stopped in the middle, because the run was cancelled.";

/// What becomes of a run's items that are neither done nor failed.
struct Stopped {
    run: RunId,
    outcome: &'static str,
    reason: Option<String>,
    message: &'static str,
}

async fn stop(tx: &mut Tx, now: Timestamp, stopped: &[Stopped]) -> Result<(), StoreError> {
    if stopped.is_empty() {
        return Ok(());
    }
    let of = stopped.iter();
    let rows = Rows::default()
        .ids("run", of.clone().map(|it| it.run.as_uuid()))
        .texts("outcome", of.clone().map(|it| it.outcome.to_owned()))
        .texts("reason", of.clone().map(|it| it.reason.clone()))
        .texts("message", of.map(|it| it.message.to_owned()));
    tx.execute_rows(&ITEMS_STOPPED, rows, args![now])
        .await
        .map(drop)
}

/// Says of the items that were under way that the refusal stopped them.
pub(super) async fn stop_refused(
    tx: &mut Tx,
    now: Timestamp,
    refusals: &[&Refusal],
) -> Result<(), StoreError> {
    let reason = |code: ReasonCode| code.as_str().to_owned();
    let stopped: Vec<_> = refusals
        .iter()
        .map(|refusal| Stopped {
            run: refusal.key().run_id,
            outcome: "blocked",
            reason: Some(reason(refusal.code())),
            message: "Stopped in the middle, because the run was refused.",
        })
        .collect();
    stop(tx, now, &stopped).await
}

/// Says of the items that were under way that the end of their run stopped them.
///
/// A handler that came to its own end left none, so those that succeeded are not asked for.
pub(super) async fn stop_ended(
    tx: &mut Tx,
    now: Timestamp,
    ended: &[Over<'_>],
) -> Result<(), StoreError> {
    let stopped: Vec<_> = ended
        .iter()
        .filter(|over| over.end.outcome != WorkedOutcome::Succeeded)
        .map(|over| Stopped {
            run: over.key.run_id,
            outcome: "skipped",
            reason: over.end.failures.first().map(|it| it.reason_code.clone()),
            message: match over.end.outcome {
                WorkedOutcome::Cancelled => CANCELLED,
                _ => "Stopped in the middle, because the run ended.",
            },
        })
        .collect();
    stop(tx, now, &stopped).await
}

/// Why a run ends that waits for its next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// A person ended it.
    Cancelled,
    /// No worker took it again.
    Stale,
}

/// Says of the items that an earlier attempt left under way that their run waits no more.
pub(super) async fn stop_waiting(
    tx: &mut Tx,
    now: Timestamp,
    runs: impl Iterator<Item = RunId>,
    why: Waiting,
) -> Result<(), StoreError> {
    let (reason, message) = match why {
        Waiting::Cancelled => (None, CANCELLED),
        Waiting::Stale => (
            Some(STALE_QUEUED.to_owned()),
            "Stopped in the middle, because no worker took the run again.",
        ),
    };
    let stopped: Vec<_> = runs
        .map(|run| Stopped {
            run,
            outcome: "skipped",
            reason: reason.clone(),
            message,
        })
        .collect();
    stop(tx, now, &stopped).await
}
