//! Ending a run: the ledger, the queue, the audit log and the one notification, together.

use domain::{ids::UserId, run::RunOutcome, summary::SummaryCounts};
use policy::Running;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::settle::{Notice, notify};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    sql::{Statement, args, same},
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
}

/// How a run that was worked on can end; `blocked` is not among it, because the gate alone writes that.
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
}

impl From<WorkedOutcome> for RunOutcome {
    fn from(worked: WorkedOutcome) -> Self {
        match worked {
            WorkedOutcome::Succeeded => Self::Succeeded,
            WorkedOutcome::PartiallySucceeded => Self::PartiallySucceeded,
            WorkedOutcome::Failed => Self::Failed,
            WorkedOutcome::Cancelled => Self::Cancelled,
            WorkedOutcome::Indeterminate => Self::Indeterminate,
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

static RUN_FINISH: Statement = same(
    "run_finish",
    "update operation_runs set status = 'completed', outcome = $3, failures = $5,
       summary_counts = case when $4 = '{}' then summary_counts else $4 end,
       reason_code = $6, completed_at = $7, updated_at = $7
     where id = $1 and attempt = $2 and status = 'running'
     returning user_id, initiator_name",
);
static QUEUE_FINISH: Statement = same(
    "run_queue_finish",
    "delete from run_queue where run_id = $1 and attempt = $2 and status = 'running'",
);
static ATTEMPT_END: Statement = same(
    "run_attempt_end",
    "update run_attempts set ended_at = $3, ended_by = $4 where run_id = $1 and attempt = $2",
);

impl Store {
    /// Ends a running run; asked again after a lost answer it says `LeaseLost`.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn run_finish(&self, running: &Running, end: &RunEnd) -> Result<(), StoreError> {
        let key = running.key();
        let outcome = RunOutcome::from(end.outcome);
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let reason = end
            .failures
            .first()
            .map(|failure| failure.reason_code.clone());
        let args = args![
            key.run_id,
            key.attempt,
            outcome.as_str(),
            to_json(&end.counts)?,
            to_json(&end.failures)?,
            reason,
            now,
        ];
        // The queue row first, as every other transaction takes them.
        if tx
            .execute(&QUEUE_FINISH, args![key.run_id, key.attempt])
            .await?
            == 0
        {
            return Err(StoreError::LeaseLost);
        }
        let row = tx
            .first(&RUN_FINISH, args)
            .await?
            .ok_or(StoreError::LeaseLost)?;
        let user_id = row.opt_uuid("user_id")?.map(UserId::from_uuid);
        tx.execute(
            &ATTEMPT_END,
            args![key.run_id, key.attempt, now, "finished"],
        )
        .await?;
        if let Some(user_id) = user_id {
            let notice = Notice {
                workspace_id: key.workspace_id,
                scope_id: key.scope_id,
                user_id,
                run_id: key.run_id,
            };
            notify(&mut tx, now, &[notice]).await?;
        }
        let entry = AuditEntry {
            workspace_id: key.workspace_id,
            scope_id: key.scope_id,
            action: action::RUN_COMPLETED,
            actor: AuditActor {
                id: user_id,
                name: row.text("initiator_name")?,
            },
            subject_id: key.run_id.as_uuid(),
            run_id: Some(key.run_id),
            detail: json!({ "outcome": outcome, "counts": end.counts, "attempt": key.attempt })
                .to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
