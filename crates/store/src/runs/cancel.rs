//! Cancelling: a queued run ends at once, a running one is asked to end.

use domain::{
    capability::Capability, error::ApiError, operation::OperationType, run::RunOutcome,
    time::Timestamp,
};
use policy::RunKey;
use serde_json::json;

use super::{
    RunAccess, RunRow,
    items::{Waiting, stop_waiting},
    ledger::leave_queue,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    scope::Scope,
    sql::{Row, Statement, Tx, args, dialects, same},
};

/// What became of the wish to end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// No worker had it: it is over.
    Ended,
    /// A worker has it, and is told with its next heartbeat.
    Asked,
    /// Somebody has asked for its end already.
    AskedBefore,
    /// It was over before.
    Over,
}

// A claim that holds the row is waited for: what it decides is what is cancelled then.
static CANCEL_LOCK: Statement = dialects(
    "run_queue_cancel_lock",
    "select status, attempt, cancel_requested_at from run_queue where run_id = $1",
    "select status, attempt, cancel_requested_at from run_queue where run_id = $1 for update",
);
pub(super) static CANCEL_ASK: Statement = same(
    "run_queue_cancel_ask",
    "update run_queue set cancel_requested_at = $2, cancel_requested_by = $3, cancel_requested_name = $4
     where run_id = $1",
);
// An earlier attempt may have left a write whose end nobody knows.
static RUN_CANCEL: Statement = same(
    "run_cancel",
    "update operation_runs set status = 'completed', completed_at = $3, updated_at = $3,
       outcome = case when exists (
         select 1 from write_intents w where w.run_id = operation_runs.id and w.state in ('open', 'indeterminate'))
         then 'indeterminate' else 'cancelled' end
     where id = $1 and attempt = $2 and status = 'queued' returning outcome",
);

/// The queue's row of a run.
struct Queued {
    status: String,
    attempt: i64,
    asked_at: Option<Timestamp>,
}

fn queued(row: &Row) -> Result<Queued, StoreError> {
    Ok(Queued {
        status: row.text("status")?,
        attempt: row.int("attempt")?,
        asked_at: row.opt_time("cancel_requested_at")?,
    })
}

impl RunAccess {
    /// Asks for the capability to start what this run does; who may start it may also end it.
    ///
    /// # Errors
    /// `Forbidden`; a type this version does not know asks for the general one.
    pub fn require_start(&self) -> Result<(), ApiError> {
        let capability = OperationType::parse(&self.run().operation_code)
            .map_or(Capability::OperationsStart, |operation| {
                operation.spec().start_capability
            });
        policy::require(self.grants(), capability)
    }
}

impl Store {
    /// Ends a queued run, or asks for the end of a running one.
    ///
    /// # Errors
    /// `NotFound` when the person has lost the run meanwhile, `Conflict` when their role has changed.
    pub async fn run_cancel(
        &self,
        scope: &Scope,
        access: &RunAccess,
    ) -> Result<Cancel, StoreError> {
        let run = access.run();
        let mut tx = self.db.write().await?;
        let row = tx.first(&CANCEL_LOCK, args![run.id]).await?;
        authority::hold_of_run(&mut tx, scope, access).await?;
        let Some(row) = row else {
            return Ok(Cancel::Over);
        };
        let place = queued(&row)?;
        if place.asked_at.is_some() {
            return Ok(Cancel::AskedBefore);
        }
        let now = tx.now().await?;
        let key = RunKey {
            run_id: run.id,
            attempt: place.attempt,
            workspace_id: run.workspace_id,
            scope_id: run.scope_id,
        };
        let detail = json!({ "status": place.status, "attempt": place.attempt }).to_string();
        let person = AuditActor::of(scope);
        let asked = AuditEntry::of_run(key, action::RUN_CANCEL_REQUESTED, person, detail);
        let mut entries = vec![asked];
        let answer = if place.status == "queued" {
            entries.push(end(&mut tx, now, run, key).await?);
            Cancel::Ended
        } else {
            let args = args![run.id, now, scope.user_id, &*scope.display_name];
            tx.execute(&CANCEL_ASK, args).await?;
            Cancel::Asked
        };
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        if answer == Cancel::Asked {
            self.cancel_asked.send_modify(|count| *count += 1);
        }
        Ok(answer)
    }
}

/// Ends a run that waits, and tells the person who asked for it.
async fn end(
    tx: &mut Tx,
    now: Timestamp,
    run: &RunRow,
    key: RunKey,
) -> Result<AuditEntry, StoreError> {
    let initiator = AuditActor {
        id: run.user_id,
        name: run.initiator_name.clone(),
    };
    let entry = end_waiting(tx, now, key, initiator).await?;
    let notice = run.user_id.map(|user_id| Notice::of(key, user_id));
    notify(tx, now, notice.as_slice()).await?;
    Ok(entry)
}

/// Ends a run that waits, in the queue and in the ledger; what earlier attempts did stays.
///
/// # Errors
/// `Conflict` when the ledger knows the run otherwise.
pub(super) async fn end_waiting(
    tx: &mut Tx,
    now: Timestamp,
    key: RunKey,
    initiator: AuditActor,
) -> Result<AuditEntry, StoreError> {
    leave_queue(tx, &[key]).await?;
    let args = args![key.run_id, key.attempt, now];
    let ended = tx.first(&RUN_CANCEL, args).await?;
    let outcome = ended
        .ok_or(StoreError::Conflict)?
        .word("outcome", RunOutcome::parse)?;
    stop_waiting(tx, now, std::iter::once(key.run_id), Waiting::Cancelled).await?;
    let detail = json!({ "outcome": outcome, "attempt": key.attempt }).to_string();
    Ok(AuditEntry::of_run(
        key,
        action::RUN_COMPLETED,
        initiator,
        detail,
    ))
}
