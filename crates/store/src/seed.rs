//! Past runs for demonstrations and benchmarks, through the same wall as real ones.
//!
//! Each is queued, decided, started and ended by the statements below; a run without an allowing
//! decision cannot be seeded as one that ran.

use domain::{
    decision::LegitimacyDecision,
    ids::{RunId, TenantId, UserId, WorkspaceId},
    operation::OperationType,
    run::{AuthorityMode, RunOutcome},
    summary::SummaryCounts,
    time::Timestamp,
};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, hex, to_json},
    error::StoreError,
    new_id::new_id,
    runs::Failure,
    sql::{Statement, args, dialects, same},
};

/// A run that is over.
#[derive(Debug, Clone)]
pub struct PastRun {
    /// Which run; new ones come from [`PastRun::new_id`].
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// What it did.
    pub operation: OperationType,
    /// Who asked; nobody for the system.
    pub initiator: Option<(UserId, String)>,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When it started; none when it was refused.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Timestamp,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What was counted.
    pub counts: SummaryCounts,
    /// What went wrong.
    pub failures: Vec<Failure>,
    /// The gate's decision about it.
    pub decision: LegitimacyDecision,
}

impl PastRun {
    /// An id for a past run.
    pub fn new_id() -> RunId {
        new_id(RunId::from_uuid)
    }
}

static SEED_RUNS: Statement = dialects(
    "seed_runs",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, queued_at, updated_at)
     select unhex(r.value ->> 'workspace'), unhex(r.value ->> 'tenant'), unhex(r.value ->> 'id'), r.value ->> 'type',
            r.value ->> 'mode', unhex(r.value ->> 'user'), r.value ->> 'name', r.value ->> 'capability', null,
            unhex(r.value ->> 'identity'), r.value ->> 'context', r.value ->> 'queued', r.value ->> 'queued'
     from jsonb_each($1) r",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, queued_at, updated_at)
     select r.workspace, r.tenant, r.id, r.type, r.mode, r.\"user\", r.name, r.capability, null,
            decode(r.identity, 'hex'), r.context, r.queued, r.queued
     from json_to_recordset($1::json) as r(workspace uuid, tenant uuid, id uuid, type text, mode text, \"user\" uuid,
       name text, capability text, identity text, context text, queued bigint)",
);
static SEED_DECISIONS: Statement = dialects(
    "seed_decisions",
    "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
     select unhex(r.value ->> 'workspace'), unhex(r.value ->> 'tenant'), unhex(r.value ->> 'id'), 1,
            r.value ->> 'verdict', r.value ->> 'reason', r.value ->> 'decided'
     from jsonb_each($1) r",
    "insert into run_decisions (workspace_id, scope_id, run_id, attempt, verdict, reason_code, decided_at)
     select r.workspace, r.tenant, r.id, 1, r.verdict, r.reason, r.decided
     from json_to_recordset($1::json) as r(workspace uuid, tenant uuid, id uuid, verdict text, reason text,
       decided bigint)",
);
static SEED_START: Statement = dialects(
    "seed_start",
    "update operation_runs set status = 'running', started_attempt = 1, started_at = t.started
     from (select unhex(r.value ->> 'id') as run, r.value ->> 'started' as started from jsonb_each($1) r) as t
     where id = t.run and t.started is not null",
    "update operation_runs set status = 'running', started_attempt = 1, started_at = t.started
     from json_to_recordset($1::json) as t(id uuid, started bigint)
     where operation_runs.id = t.id and t.started is not null",
);
static SEED_END: Statement = dialects(
    "seed_end",
    "update operation_runs set status = 'completed', outcome = t.outcome, completed_at = t.completed, updated_at = t.completed,
       summary_counts = t.counts, failures = t.failures, reason_code = t.reason, denial_class = t.class, blocked_phase = t.phase
     from (select unhex(r.value ->> 'id') as run, r.value ->> 'outcome' as outcome, r.value ->> 'completed' as completed,
             r.value ->> 'counts' as counts, r.value ->> 'failures' as failures, r.value ->> 'shown_reason' as reason,
             r.value ->> 'class' as class, r.value ->> 'phase' as phase from jsonb_each($1) r) as t
     where id = t.run",
    "update operation_runs set status = 'completed', outcome = t.outcome, completed_at = t.completed, updated_at = t.completed,
       summary_counts = t.counts, failures = t.failures, reason_code = t.shown_reason, denial_class = t.class, blocked_phase = t.phase
     from json_to_recordset($1::json) as t(id uuid, outcome text, completed bigint, counts text, failures text,
       shown_reason text, class text, phase text)
     where operation_runs.id = t.id",
);

static SEED_QUEUE: Statement = dialects(
    "seed_queue",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, type, priority, queued_at, available_at, attempt)
     select unhex(r.value ->> 'workspace'), unhex(r.value ->> 'tenant'), unhex(r.value ->> 'id'),
            unhex(r.value ->> 'identity'), r.value ->> 'type', 0, r.value ->> 'queued', r.value ->> 'queued', 1
     from jsonb_each($1) r",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, type, priority, queued_at, available_at, attempt)
     select r.workspace, r.tenant, r.id, decode(r.identity, 'hex'), r.type, 0, r.queued, r.queued, 1
     from json_to_recordset($1::json) as r(workspace uuid, tenant uuid, id uuid, identity text, type text, queued bigint)",
);

static SEED_ENDED: Statement = dialects(
    "seed_ended",
    "insert into operation_runs (workspace_id, tenant_id, id, type, status, outcome, authority_mode, user_id,
       initiator_name, required_capability, identity_hash, context, summary_counts, reason_code, denial_class,
       blocked_phase, queued_at, started_at, completed_at, updated_at)
     select unhex(r.value ->> 'workspace'), unhex(r.value ->> 'tenant'), unhex(r.value ->> 'id'), r.value ->> 'type',
            'completed', r.value ->> 'outcome', r.value ->> 'mode', unhex(r.value ->> 'user'), r.value ->> 'name',
            r.value ->> 'capability', zeroblob(16), r.value ->> 'context', r.value ->> 'counts', r.value ->> 'shown_reason',
            r.value ->> 'class', r.value ->> 'phase', r.value ->> 'queued', r.value ->> 'started',
            r.value ->> 'completed', r.value ->> 'completed'
     from jsonb_each($1) r",
    "insert into operation_runs (workspace_id, tenant_id, id, type, status, outcome, authority_mode, user_id,
       initiator_name, required_capability, identity_hash, context, summary_counts, reason_code, denial_class,
       blocked_phase, queued_at, started_at, completed_at, updated_at)
     select r.workspace, r.tenant, r.id, r.type, 'completed', r.outcome, r.mode, r.\"user\", r.name, r.capability,
            decode('00', 'hex'), r.context, r.counts, r.shown_reason, r.class, r.phase, r.queued, r.started, r.completed,
            r.completed
     from json_to_recordset($1::json) as r(workspace uuid, tenant uuid, id uuid, type text, outcome text, mode text,
       \"user\" uuid, name text, capability text, context text, counts text, shown_reason text, class text, phase text,
       queued bigint, started bigint, completed bigint)",
);

// A connection that is in order was checked when the history says that it was.
static SEED_CHECKED: Statement = same(
    "seed_checked",
    "update provider_connections set last_checked_at = (
       select max(r.completed_at) from operation_runs r
       where r.workspace_id = provider_connections.workspace_id and r.tenant_id = provider_connections.tenant_id
         and r.type = $1 and r.outcome = 'succeeded')
     where verification_status = 'healthy' and last_checked_at is null",
);

/// A run for a benchmark, waiting in the queue without the limits that keep a tenant's runs apart.
#[derive(Debug, Clone)]
pub struct WaitingRun {
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// What it is to do.
    pub operation: OperationType,
    /// Who asked.
    pub initiator: (UserId, String),
}

impl Store {
    /// Puts runs into the queue for a benchmark: no dedupe, no exclusion, one transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seed_waiting_runs(&self, runs: &[WaitingRun]) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let rows: Vec<_> = runs
            .iter()
            .map(|run| {
                let id = PastRun::new_id().as_uuid();
                let capability = run.operation.spec().start_capability;
                json!({
                    "workspace": run.workspace_id.as_uuid().simple(),
                    "tenant": run.tenant_id.as_uuid().simple(),
                    "id": id.simple(),
                    "type": run.operation,
                    "mode": AuthorityMode::ActorBound,
                    "user": run.initiator.0.as_uuid().simple(),
                    "name": run.initiator.1,
                    "capability": capability,
                    "identity": hex(id.as_bytes()),
                    "context": json!({ "execution_authority_mode": AuthorityMode::ActorBound, "required_capability": capability }).to_string(),
                    "queued": now,
                })
            })
            .collect();
        let rows = to_json(&rows)?;
        tx.execute(&SEED_RUNS, args![&*rows]).await?;
        tx.execute(&SEED_QUEUE, args![&*rows]).await?;
        tx.commit().await
    }

    /// Writes runs that are over for a benchmark of lists: rows of the ledger and nothing beside them.
    ///
    /// # Errors
    /// `Database` when the wall refuses one; then none is written.
    pub async fn seed_ended_runs(&self, runs: &[PastRun]) -> Result<(), StoreError> {
        let rows = runs.iter().map(row_of).collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.db.write().await?;
        tx.execute(&SEED_ENDED, args![to_json(&rows)?]).await?;
        tx.commit().await
    }

    /// Writes runs that are over, oldest first, each with its decision and its audit entries; a connection
    /// that is in order was last checked by the newest check among them.
    ///
    /// # Errors
    /// `Database` when the wall refuses one; then none is written.
    pub async fn seed_past_runs(&self, runs: &[PastRun]) -> Result<(), StoreError> {
        let rows = runs.iter().map(row_of).collect::<Result<Vec<_>, _>>()?;
        let rows = to_json(&rows)?;
        let mut tx = self.db.write().await?;
        for statement in [&SEED_RUNS, &SEED_DECISIONS, &SEED_START, &SEED_END] {
            tx.execute(statement, args![&*rows]).await?;
        }
        let check = OperationType::ConnectionCheck.as_str();
        tx.execute(&SEED_CHECKED, args![check]).await?;
        let entries = runs.iter().map(audit_of).collect::<Result<Vec<_>, _>>()?;
        let now = tx.now().await?;
        append(&mut tx, now, entries.into_iter().flatten().collect()).await?;
        tx.commit().await
    }
}

fn row_of(run: &PastRun) -> Result<serde_json::Value, StoreError> {
    let system = run.initiator.is_none();
    let mode = if system {
        AuthorityMode::SystemAuthority
    } else {
        AuthorityMode::ActorBound
    };
    let decision = &run.decision;
    let context = json!({ "execution_authority_mode": mode, "required_capability": run.operation.spec().start_capability });
    let first_failure = run
        .failures
        .first()
        .map(|failure| failure.reason_code.as_str());
    Ok(json!({
        "workspace": run.workspace_id.as_uuid().simple(),
        "tenant": run.tenant_id.as_uuid().simple(),
        "id": run.id.as_uuid().simple(),
        "type": run.operation,
        "mode": mode,
        "user": run.initiator.as_ref().map(|(id, _)| id.as_uuid().simple()),
        "name": run.initiator.as_ref().map_or("System", |(_, name)| name),
        "capability": run.operation.spec().start_capability,
        "identity": hex(run.id.as_uuid().as_bytes()),
        "context": context.to_string(),
        "queued": run.queued_at,
        "verdict": if decision.allowed { "allowed" } else { "denied" },
        "reason": decision.reason_code,
        "decided": decision.decided_at,
        "started": run.started_at,
        "outcome": run.outcome,
        "completed": run.completed_at,
        "counts": to_json(&run.counts)?,
        "failures": to_json(&run.failures)?,
        "shown_reason": decision.reason_code.map(|code| code.as_str()).or(first_failure),
        "class": decision.denial_class,
        "phase": (!decision.allowed).then_some(decision.phase),
    }))
}

fn audit_of(run: &PastRun) -> Result<Vec<AuditEntry>, StoreError> {
    let actor = AuditActor {
        id: run.initiator.as_ref().map(|(id, _)| *id),
        name: run
            .initiator
            .as_ref()
            .map_or_else(|| "System".to_owned(), |(_, name)| name.clone()),
    };
    let entry = |action, detail| AuditEntry {
        workspace_id: run.workspace_id,
        scope_id: domain::ids::ScopeId::of(run.workspace_id, Some(run.tenant_id)),
        action,
        actor: actor.clone(),
        subject_id: run.id.as_uuid(),
        run_id: Some(run.id),
        detail,
    };
    let requested = json!({ "queued_at": run.queued_at }).to_string();
    let mut entries = vec![entry(action::RUN_REQUESTED, requested)];
    let decision = to_json(&run.decision)?;
    if run.decision.allowed {
        entries.push(entry(action::RUN_STARTED, decision));
        let ended = json!({ "outcome": run.outcome, "counts": run.counts, "attempt": 1 });
        entries.push(entry(action::RUN_COMPLETED, ended.to_string()));
    } else {
        entries.push(entry(action::RUN_BLOCKED, decision));
    }
    Ok(entries)
}
