//! Claiming: queued runs are locked, and everything the gate needs is read, in one transaction.

use std::collections::BTreeMap;

use domain::{
    capability::Capability,
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkerId, WorkspaceId},
    operation::Habitat,
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{ContextState, Facts, RunFacts, RunKey, SlotFacts, Started};

use crate::{
    Store,
    audit::{AuditActor, AuditEntry},
    error::StoreError,
    facts,
    sql::{Row, Statement, Tx, args, dialects, same},
};

/// A claimed batch in its open transaction; dropped, it gives everything back.
pub struct Claim {
    pub(super) tx: Tx,
    pub(super) store: Store,
    pub(super) now: Timestamp,
    pub(super) worker: WorkerId,
    pub(super) runs: BTreeMap<RunId, Claimed>,
    pub(super) entries: Vec<AuditEntry>,
}

/// What of a claimed run the ledger needs to write down what becomes of it.
pub(super) struct Claimed {
    pub(super) key: RunKey,
    pub(super) actor: AuditActor,
}

static WAITING: Statement = same(
    "run_queue_waiting",
    "select run_id from run_queue where status = 'queued' and available_at <= $1
     order by priority, available_at, run_id limit 1",
);
static CLAIM: Statement = dialects(
    "run_queue_claim",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.attempt, r.authority_mode, r.user_id,
       r.initiator_name, r.required_capability, r.connection_id, r.context, r.schedule_id, r.schedule_revision
     from run_queue q join operation_runs r on r.id = q.run_id
     where q.status = 'queued' and q.available_at <= $1
     order by q.priority, q.available_at, q.run_id limit $2",
    "select r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type, r.attempt, r.authority_mode, r.user_id,
       r.initiator_name, r.required_capability, r.connection_id, r.context, r.schedule_id, r.schedule_revision
     from run_queue q join operation_runs r on r.id = q.run_id
     where q.status = 'queued' and q.available_at <= $1
     order by q.priority, q.available_at, q.run_id limit $2 for update of q skip locked",
);
static ATTEMPT_DECIDED: Statement = same(
    "run_attempt_decided",
    "select attempt from run_decisions where run_id = $1 and attempt = $2",
);

/// A run's own row as the gate is told of it; `attempt` tells its first start from a later one.
pub(super) fn run_facts(
    row: &Row,
    habitat: Habitat,
    now: Timestamp,
) -> Result<RunFacts, StoreError> {
    let attempt = row.int("attempt")?;
    let context = row.text("context")?;
    Ok(RunFacts {
        id: RunId::from_uuid(row.uuid("id")?),
        attempt,
        workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
        tenant_id: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
        scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
        habitat,
        operation_code: row.text("type")?,
        authority: row.word("authority_mode", AuthorityMode::parse)?,
        actor_id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
        required_capability: Capability::parse(&row.text("required_capability")?),
        connection_id: row.opt_uuid("connection_id")?.map(ConnectionId::from_uuid),
        slot: slot_facts(row)?,
        context: context_state(&context),
        phase: if attempt == 1 {
            DecisionPhase::Start
        } else {
            DecisionPhase::Rescue
        },
        now,
    })
}

/// The slot the run fills; one that a person started by hand from a schedule fills none.
fn slot_facts(row: &Row) -> Result<Option<SlotFacts>, StoreError> {
    let schedule = row.opt_uuid("schedule_id")?.map(ScheduleId::from_uuid);
    let revision = row.opt_int("schedule_revision")?;
    Ok(schedule
        .zip(revision)
        .map(|(schedule_id, revision)| SlotFacts {
            schedule_id,
            revision,
        }))
}

/// A context must at least say in whose name the run is to start.
fn context_state(context: &str) -> ContextState {
    let mode = serde_json::from_str::<serde_json::Value>(context)
        .ok()
        .and_then(|value| {
            value
                .get("execution_authority_mode")?
                .as_str()
                .map(str::to_owned)
        });
    match mode.as_deref().and_then(AuthorityMode::parse) {
        Some(_) => ContextState::Readable,
        None => ContextState::Unreadable,
    }
}

impl Store {
    /// Claims waiting runs, decides about each, and starts what is allowed: one transaction (L-04).
    ///
    /// # Errors
    /// When the database does not answer; then nothing was claimed.
    pub async fn runs_start(&self, worker: WorkerId, limit: i64) -> Result<Started, StoreError> {
        match self.claim(worker, limit).await? {
            Some((claim, facts)) => policy::start(claim, &facts).await,
            None => Ok(Started::default()),
        }
    }

    /// Whether a run waits to be started.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_waiting(&self) -> Result<bool, StoreError> {
        let now = self.db.now().await?;
        Ok(self.db.first(&WAITING, args![now]).await?.is_some())
    }

    /// Claims waiting runs and reads what the gate needs; `None` when none waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim(
        &self,
        worker: WorkerId,
        limit: i64,
    ) -> Result<Option<(Claim, Vec<Facts>)>, StoreError> {
        // A look without a lock first: an idle worker must not hold up SQLite's one writer.
        let now = self.db.now().await?;
        if self.db.first(&WAITING, args![now]).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&CLAIM, args![now, limit]).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let (mut runs, mut facts_of) = (BTreeMap::new(), Vec::with_capacity(rows.len()));
        for row in &rows {
            let facts = run_facts(row, self.habitat, now)?;
            let key = RunKey {
                run_id: facts.id,
                attempt: facts.attempt,
                workspace_id: facts.workspace_id,
                scope_id: facts.scope_id,
            };
            let actor = AuditActor {
                id: facts.actor_id,
                name: row.text("initiator_name")?,
            };
            runs.insert(facts.id, Claimed { key, actor });
            facts_of.push(facts);
        }
        let mut facts = facts::load(&mut tx, facts_of).await?;
        // Taken after every lock: the decision's time is never before a revocation it has seen.
        let now = tx.now().await?;
        for fact in &mut facts {
            fact.run.now = now;
        }
        let claim = Claim {
            tx,
            store: self.clone(),
            now,
            worker,
            runs,
            entries: Vec::new(),
        };
        Ok(Some((claim, facts)))
    }

    /// Whether the gate's word about an attempt is in the ledger, when a commit's answer was lost.
    pub(crate) async fn attempt_is_decided(&self, key: RunKey) -> Result<bool, StoreError> {
        let args = args![key.run_id, key.attempt];
        Ok(self.db.first(&ATTEMPT_DECIDED, args).await?.is_some())
    }
}
