//! `StartLedger` over a claim's transaction: record, start, refuse, commit.

use std::collections::BTreeMap;

use domain::{
    ids::{RunId, UserId},
    reason::ReasonCode,
    run::DecisionPhase,
    time::Timestamp,
};
use policy::{Permit, Refusal, RunKey, StartLedger};
use serde_json::json;

use super::{
    claim::Claim,
    items::stop_refused,
    kept::outcome_kept,
    settle::{Notice, notify},
};
use crate::{
    audit::{AuditEntry, action, append, to_json},
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects},
};

static RECORD_DECISIONS: Statement = dialects(
    "run_decisions_record",
    "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
     select d.workspace, d.scope, d.run, d.attempt, d.verdict, d.reason, $1 from given d",
    "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
     select d.workspace, d.scope, d.run, d.attempt, d.verdict, d.reason, $7
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[])
       as d(workspace, scope, run, attempt, verdict, reason)",
);
static SET_RUNNING: Statement = dialects(
    "run_set_running",
    "update operation_runs set status = 'running', started_attempt = operation_runs.attempt,
       started_at = coalesce(started_at, $1), updated_at = $1
     from given as t
     where id = t.run and operation_runs.attempt = t.attempt and status = 'queued'
     returning id",
    "update operation_runs set status = 'running', started_attempt = operation_runs.attempt,
       started_at = coalesce(started_at, $3), updated_at = $3
     from unnest($1::uuid[], $2::bigint[]) as t(run, attempt)
     where id = t.run and operation_runs.attempt = t.attempt and status = 'queued'
     returning id",
);
// Not joined: for a queue that was empty when it was analysed, the planner would read all of it for each row.
static LEASE_QUEUE: Statement = dialects(
    "run_queue_lease",
    "update run_queue set status = 'running', owner = $1, lease_until = $2
     where run_id in (select k.run from given k)",
    "update run_queue set status = 'running', owner = $2, lease_until = $3 where run_id = any($1::uuid[])",
);
static ATTEMPTS_BEGIN: Statement = dialects(
    "run_attempts_begin",
    "insert into run_attempts (workspace_id, scope_id, run_id, attempt, worker_id, started_at)
     select k.workspace, k.scope, k.run, k.attempt, $1, $2 from given k",
    "insert into run_attempts (workspace_id, scope_id, run_id, attempt, worker_id, started_at)
     select k.workspace, k.scope, k.run, k.attempt, $5, $6
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) as k(workspace, scope, run, attempt)",
);
// A later attempt that is refused keeps what earlier ones did (L-10).
static SET_REFUSED: Statement = dialects(
    "run_set_refused",
    concat!(
        "update operation_runs set status = 'completed', completed_at = $2, updated_at = $2,
       outcome = ",
        outcome_kept!("blocked"),
        ",
       reason_code = t.reason, denial_class = t.class, blocked_phase = t.phase
     from (select unhex(k.value ->> 'run') as run, k.value ->> 'attempt' as attempt, k.value ->> 'reason' as reason,
             k.value ->> 'class' as class, k.value ->> 'phase' as phase from jsonb_each($1) k) as t
     where id = t.run and operation_runs.attempt = t.attempt and status = 'queued'
     returning id"
    ),
    concat!(
        "update operation_runs set status = 'completed', completed_at = $2, updated_at = $2,
       outcome = ",
        outcome_kept!("blocked"),
        ",
       reason_code = t.reason, denial_class = t.class, blocked_phase = t.phase
     from json_to_recordset($1::json) as t(run uuid, attempt bigint, reason text, class text, phase text)
     where id = t.run and operation_runs.attempt = t.attempt and status = 'queued'
     returning id"
    ),
);
static QUEUE_LEAVE: Statement = dialects(
    "run_queue_leave",
    "delete from run_queue where run_id in (select k.run from given k)",
    "delete from run_queue where run_id = any($1::uuid[])",
);

/// The runs of attempts, for statements over many.
fn run_rows(keys: &[RunKey]) -> Rows {
    Rows::default().ids("run", keys.iter().map(|key| key.run_id.as_uuid()))
}

/// Takes runs out of the queue: they are over.
pub(super) async fn leave_queue(tx: &mut Tx, keys: &[RunKey]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    tx.execute_rows(&QUEUE_LEAVE, run_rows(keys), vec![])
        .await
        .map(drop)
}

/// The words of a batch's decisions, which the audit log carries and nothing else (L-15).
pub(super) type Recorded = BTreeMap<RunId, String>;

/// Writes the decision rows of a batch, allowing or not; their words are for the audit log.
pub(crate) async fn record_decisions(
    tx: &mut Tx,
    now: Timestamp,
    permits: &[Permit],
    refusals: &[Refusal],
) -> Result<Recorded, StoreError> {
    let (mut keys, mut decisions) = (Vec::new(), Vec::new());
    let allowed = permits
        .iter()
        .map(|permit| (permit.key(), permit.decision()));
    let refused = refusals
        .iter()
        .map(|refusal| (refusal.key(), refusal.decision()));
    for (key, decision) in allowed.chain(refused) {
        keys.push(key);
        decisions.push((decision, to_json(decision)?));
    }
    let verdict = |allowed| if allowed { "allowed" } else { "denied" };
    let reason = |code: ReasonCode| code.as_str().to_owned();
    let told = decisions.iter();
    let rows = key_rows(&keys)
        .texts(
            "verdict",
            told.clone().map(|(d, _)| verdict(d.allowed).to_owned()),
        )
        .texts("reason", told.map(|(d, _)| d.reason_code.map(reason)));
    tx.execute_rows(&RECORD_DECISIONS, rows, args![now]).await?;
    let texts = decisions.into_iter().map(|(_, text)| text);
    Ok(keys.iter().map(|key| key.run_id).zip(texts).collect())
}

/// Keys of attempts, for statements over many.
fn key_rows(keys: &[RunKey]) -> Rows {
    let of = keys.iter();
    Rows::default()
        .ids(
            "workspace",
            of.clone().map(|key| key.workspace_id.as_uuid()),
        )
        .ids("scope", of.clone().map(|key| key.scope_id.as_uuid()))
        .ids("run", of.clone().map(|key| key.run_id.as_uuid()))
        .ints("attempt", of.map(|key| key.attempt))
}

impl Claim {
    fn returned(&self, rows: &[crate::sql::Row]) -> Result<Vec<RunKey>, StoreError> {
        rows.iter()
            .map(|row| {
                let id = RunId::from_uuid(row.uuid("id")?);
                self.runs
                    .get(&id)
                    .map(|run| run.key)
                    .ok_or(StoreError::Conflict)
            })
            .collect()
    }

    /// Has the audit log tell what became of a run, with the decision as it was recorded (L-15).
    ///
    /// # Errors
    /// `Conflict` for a run about which nothing was recorded: it neither starts nor ends here.
    fn audit(&mut self, key: RunKey, action: &'static str) -> Result<(), StoreError> {
        let run = self.runs.get(&key.run_id).ok_or(StoreError::Conflict)?;
        let detail = self.recorded.remove(&key.run_id);
        let detail = detail.ok_or(StoreError::Conflict)?;
        self.entries
            .push(AuditEntry::of_run(key, action, run.actor.clone(), detail));
        Ok(())
    }

    fn notices(&self, ended: &[RunKey]) -> Vec<Notice> {
        let initiator = |key: &RunKey| -> Option<UserId> { self.runs.get(&key.run_id)?.actor.id };
        ended
            .iter()
            .filter_map(|key| Some(Notice::of(*key, initiator(key)?)))
            .collect()
    }
}

impl StartLedger for Claim {
    type Error = StoreError;

    async fn record(&mut self, permits: &[Permit], refusals: &[Refusal]) -> Result<(), StoreError> {
        self.recorded = record_decisions(&mut self.tx, self.now, permits, refusals).await?;
        Ok(())
    }

    async fn set_running(&mut self, permits: &[Permit]) -> Result<Vec<RunKey>, StoreError> {
        if permits.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<RunKey> = permits.iter().map(Permit::key).collect();
        let rows = Rows::default()
            .ids("run", keys.iter().map(|key| key.run_id.as_uuid()))
            .ints("attempt", keys.iter().map(|key| key.attempt));
        let turned = self
            .tx
            .fetch_rows(&SET_RUNNING, rows, args![self.now])
            .await?;
        let turned = self.returned(&turned)?;
        let until = self.now.plus(self.store.queue.lease_micros());
        self.tx
            .execute_rows(&LEASE_QUEUE, run_rows(&turned), args![self.worker, until])
            .await?;
        let args = args![self.worker, self.now];
        self.tx
            .execute_rows(&ATTEMPTS_BEGIN, key_rows(&turned), args)
            .await?;
        self.probe = turned.first().copied().or(self.probe);
        for key in &turned {
            self.audit(*key, action::RUN_STARTED)?;
        }
        Ok(turned)
    }

    async fn set_refused(&mut self, refusals: &[Refusal]) -> Result<Vec<RunKey>, StoreError> {
        if refusals.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = refusals
            .iter()
            .map(|refusal| {
                let phase: DecisionPhase = refusal.decision().phase;
                json!({
                    "run": refusal.key().run_id.as_uuid().simple(),
                    "attempt": refusal.key().attempt,
                    "reason": refusal.code(),
                    "class": refusal.code().class(),
                    "phase": phase,
                })
            })
            .collect();
        let ended = self
            .tx
            .fetch(&SET_REFUSED, args![to_json(&rows)?, self.now])
            .await?;
        let ended = self.returned(&ended)?;
        self.probe = self.probe.or(ended.first().copied());
        leave_queue(&mut self.tx, &ended).await?;
        // Only a later attempt finds items of an earlier one.
        let later: Vec<_> = refusals.iter().filter(|r| r.key().attempt > 1).collect();
        if !later.is_empty() {
            stop_refused(&mut self.tx, self.now, &later).await?;
        }
        let notices = self.notices(&ended);
        notify(&mut self.tx, self.now, &notices).await?;
        for refusal in refusals
            .iter()
            .filter(|refusal| ended.contains(&refusal.key()))
        {
            self.audit(refusal.key(), action::RUN_BLOCKED)?;
        }
        Ok(ended)
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        let entries = std::mem::take(&mut self.entries);
        append(&mut self.tx, self.now, entries).await?;
        match self.tx.commit().await {
            // The answer of a commit can be lost on its way; the ledger knows whether it counted.
            Err(StoreError::Unavailable(error)) => match self.probe {
                Some(key) if self.store.claim_counted(key, self.worker, self.now).await? => Ok(()),
                _ => Err(StoreError::Unavailable(error)),
            },
            answer => answer,
        }
    }
}
