//! Asking the gate again about a run that is at work, from facts read in one transaction (L-10).

use std::time::Instant;

use domain::{
    operation::ProviderEffect,
    run::{DecisionPhase, RunOutcome},
    time::Timestamp,
};
use policy::{Checkpoint, CheckpointLedger, GoOn, Refusal, RunKey, Running};

use super::{
    attempts::{EndedBy, end_attempts},
    gated::run_facts,
    items::stop_refused,
    kept::outcome_kept,
    ledger::leave_queue,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    facts,
    sql::{Statement, Tx, args, dialects, same},
};

/// What a handler learns at a border between two batches.
#[derive(Debug)]
pub enum Asked<'run> {
    /// It may go on.
    GoOn(GoOn<'run>),
    /// The gate refused; the run is over, and written down as refused.
    Refused(RunKey),
    /// A person wants it ended; the handler stops where it stands, with nothing half done.
    CancelRequested,
}

// The same columns as a claim reads; the queue's row first, as every transaction takes it.
static ASK: Statement = dialects(
    "run_checkpoint_ask",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.attempt, r.authority_mode, r.user_id,
       r.initiator_name, r.required_capability, r.connection_id, r.context, r.schedule_id, r.schedule_revision,
       q.cancel_requested_at
     from run_queue q join operation_runs r on r.id = q.run_id
     where q.run_id = $1 and q.attempt = $2 and q.status = 'running'",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.attempt, r.authority_mode, r.user_id,
       r.initiator_name, r.required_capability, r.connection_id, r.context, r.schedule_id, r.schedule_revision,
       q.cancel_requested_at
     from run_queue q join operation_runs r on r.id = q.run_id
     where q.run_id = $1 and q.attempt = $2 and q.status = 'running' for update of q",
);
static RECORD: Statement = same(
    "run_checkpoint_record",
    "insert into run_checkpoints (workspace_id, scope_id, run_id, attempt, reason_code, decided_at)
     values ($1, $2, $3, $4, $5, $6)",
);
// A write that nobody knows the end of outweighs what is known to be done (L-10).
static SET_STOPPED: Statement = same(
    "run_checkpoint_refuse",
    concat!(
        "update operation_runs set status = 'completed', completed_at = $3, updated_at = $3,
       outcome = ",
        outcome_kept!("blocked"),
        ",
       reason_code = $4, denial_class = $5, blocked_phase = 'checkpoint'
     where id = $1 and attempt = $2 and status = 'running' returning outcome"
    ),
);

/// The transaction of one checkpoint: it holds the run still, and what its authority rests on.
struct Asking {
    tx: Tx,
    now: Timestamp,
    actor: AuditActor,
}

impl Store {
    /// Asks the gate whether a run that is at work may go on; refused, the run is over when this returns.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over; whatever it is, nothing may go on.
    pub async fn checkpoint<'run>(
        &self,
        running: &'run Running,
    ) -> Result<Asked<'run>, StoreError> {
        let asked = Instant::now();
        let key = running.key();
        let mut tx = self.db.write().await?;
        let row = tx.first(&ASK, args![key.run_id, key.attempt]).await?;
        let row = row.ok_or(StoreError::LeaseLost)?;
        let now = tx.now().await?;
        let mut run = run_facts(&row, self.habitat, now)?;
        run.phase = DecisionPhase::Checkpoint;
        let actor = AuditActor {
            id: run.actor_id,
            name: row.text("initiator_name")?,
        };
        // What only reads is ended by whoever asked for it to end; what writes ends between two writes.
        let writes = running.operation().spec().effect == ProviderEffect::Writes;
        let is_unwanted = writes && row.opt_time("cancel_requested_at")?.is_some();
        let loaded = facts::load(&mut tx, vec![run]).await?;
        let mut facts = loaded.into_iter().next().ok_or(StoreError::Conflict)?;
        // Taken after every lock: the decision's time is never before a revocation it has seen.
        facts.run.now = tx.now().await?;
        let asking = Asking {
            tx,
            now: facts.run.now,
            actor,
        };
        match policy::checkpoint(asking, running, &facts, asked).await? {
            Checkpoint::GoOn(_) if is_unwanted => Ok(Asked::CancelRequested),
            Checkpoint::GoOn(go_on) => Ok(Asked::GoOn(go_on)),
            Checkpoint::Refused(key) => Ok(Asked::Refused(key)),
            Checkpoint::NotOurs => Err(StoreError::LeaseLost),
        }
    }
}

impl CheckpointLedger for Asking {
    type Error = StoreError;

    async fn set_refused(&mut self, refusal: &Refusal) -> Result<bool, StoreError> {
        let key = refusal.key();
        let (code, class) = (refusal.code(), refusal.code().class());
        let args = args![
            key.workspace_id,
            key.scope_id,
            key.run_id,
            key.attempt,
            code.as_str(),
            self.now
        ];
        self.tx.execute(&RECORD, args).await?;
        let args = args![
            key.run_id,
            key.attempt,
            self.now,
            code.as_str(),
            class.as_str()
        ];
        let Some(row) = self.tx.first(&SET_STOPPED, args).await? else {
            return Ok(false);
        };
        let outcome = row.word("outcome", RunOutcome::parse)?;
        leave_queue(&mut self.tx, &[key]).await?;
        stop_refused(&mut self.tx, self.now, &[refusal]).await?;
        end_attempts(&mut self.tx, self.now, [(key, EndedBy::Refused)]).await?;
        let notice = self.actor.id.map(|user_id| Notice::of(key, user_id));
        notify(&mut self.tx, self.now, notice.as_slice()).await?;
        tracing::info!(run.id = %key.run_id, %outcome, "refused at a checkpoint, run {}", key.run_id);
        let detail = to_json(refusal.decision())?;
        let entry = AuditEntry::of_run(key, action::RUN_BLOCKED, self.actor.clone(), detail);
        append(&mut self.tx, self.now, vec![entry]).await?;
        Ok(true)
    }

    async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}
