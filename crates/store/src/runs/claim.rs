//! Claiming: queued runs are locked, and everything the gate needs is read, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    capability::Capability,
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkerId, WorkspaceId},
    operation::Habitat,
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{ContextState, Facts, RunFacts, RunKey, SlotFacts, Started};

use super::ledger::Recorded;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, to_json},
    error::StoreError,
    facts,
    queue::{Admission, Share, Slots, scope_key},
    sql::{Row, Statement, Tx, args, dialects, same},
};

/// How often a claim asks again for its turn when others hold all tenants that it was to take from.
const TRIES: usize = 3;

/// A claimed batch in its open transaction; dropped, it gives everything back.
pub(crate) struct Claim {
    pub(super) tx: Tx,
    pub(super) store: Store,
    pub(super) now: Timestamp,
    pub(super) worker: WorkerId,
    pub(super) runs: BTreeMap<RunId, Claimed>,
    pub(super) recorded: Recorded,
    pub(super) entries: Vec<AuditEntry>,
    /// One of its runs, started where it starts any: where the ledger has it, it has all of them.
    pub(super) probe: Option<RunKey>,
}

/// What of a claimed run the ledger needs to write down what becomes of it.
pub(super) struct Claimed {
    pub(super) key: RunKey,
    pub(super) actor: AuditActor,
}

static WAITING: Statement = same(
    "run_queue_waiting",
    "select run_id from run_queue where status = 'queued' and available_at <= $1 limit 1",
);
// Two claims at once must not both count what is under way and both fill the same room: the tenants' locks
// last until the end of the transaction. Those that another claim holds are left to it.
static SCOPES_HOLD: Statement = dialects(
    "run_queue_scopes_hold",
    "select unhex(value) as scope_id from jsonb_each($1)",
    "select value::uuid as scope_id from json_array_elements_text($1::json)
     where pg_try_advisory_xact_lock(hashtextextended(value, 0))",
);
// A statement of its own, after the locks: only then does it see what the claims before this one started. In the order
// of the index over what is under way, which is then the cheaper one where others begin with the tenant, too.
static RUNNING: Statement = dialects(
    "run_queue_running",
    "select scope_id, connection_id, count(*) as running from run_queue
     where status = 'running' and scope_id in (select unhex(value) from jsonb_each($1))
     group by scope_id, connection_id",
    "select s.scope_id, u.connection_id, count(*) as running
     from (select value::uuid as scope_id from json_array_elements_text($1::json)) s
     cross join lateral (select q.connection_id from run_queue q
       where q.status = 'running' and q.scope_id = s.scope_id order by q.connection_id offset 0) u
     group by s.scope_id, u.connection_id",
);
static CLAIM: Statement = dialects(
    "run_queue_claim",
    "select s.key as place, q.connection_id as uses_connection, r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type,
       r.attempt, r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.schedule_id, r.schedule_revision
     from jsonb_each($1) s
     cross join run_queue q on q.rowid in (
       select c.rowid from run_queue c where c.status = 'queued' and c.priority = s.value ->> 'priority'
         and c.scope_id = unhex(s.value ->> 'scope') and c.available_at <= s.value ->> 'due'
       order by c.available_at, c.run_id limit $2)
     cross join operation_runs r on r.id = q.run_id
     where not exists (select 1 from queue_pauses p where p.scope_id = q.scope_id)
     order by s.key, q.available_at, q.run_id",
    "select s.place, q.connection_id as uses_connection, r.id, r.workspace_id, r.tenant_id, r.scope_id, r.type,
       r.attempt, r.authority_mode, r.user_id, r.initiator_name, r.required_capability, r.connection_id, r.context,
       r.schedule_id, r.schedule_revision
     from json_to_recordset($1::json) as s(place bigint, scope uuid, priority bigint, due bigint, share bigint)
     cross join lateral (
       select c.run_id, c.connection_id, c.available_at from run_queue c where c.status = 'queued'
         and c.priority = s.priority and c.scope_id = s.scope and c.available_at <= s.due
       order by c.available_at, c.run_id limit least(s.share, $2) for update of c skip locked) q
     join operation_runs r on r.id = q.run_id
     where not exists (select 1 from queue_pauses p where p.scope_id = s.scope)
     order by s.place, q.available_at, q.run_id",
);
// Another worker's claim may have taken the same attempt after this one was rolled back, and may have decided
// alike: only what carries this claim's worker and moment is this claim's.
static CLAIM_COUNTED: Statement = same(
    "run_claim_counted",
    "select d.attempt from run_decisions d where d.run_id = $1 and d.attempt = $2 and d.decided_at = $4
       and (d.verdict = 'denied' or exists (select 1 from run_attempts a where a.run_id = d.run_id
         and a.attempt = d.attempt and a.worker_id = $3 and a.started_at = $4))",
);

fn connection_of(row: &Row, column: &'static str) -> Result<Option<ConnectionId>, StoreError> {
    Ok(row.opt_uuid(column)?.map(ConnectionId::from_uuid))
}

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
        self.runs_start_sparing(worker, limit, 0).await
    }

    /// As [`Store::runs_start`]; of the runs it takes, `spare` only for tenants of which nothing is under way.
    ///
    /// # Errors
    /// When the database does not answer; then nothing was claimed.
    pub async fn runs_start_sparing(
        &self,
        worker: WorkerId,
        limit: i64,
        spare: i64,
    ) -> Result<Started, StoreError> {
        let slots = Slots { free: limit, spare };
        match self.claim_for(worker, slots).await? {
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
    pub(crate) async fn claim_for(
        &self,
        worker: WorkerId,
        slots: Slots,
    ) -> Result<Option<(Claim, Vec<Facts>)>, StoreError> {
        // Where another claim holds every tenant whose turn it was, the ring goes on behind them.
        for _ in 0..TRIES {
            // Asked without a lock: an idle worker must not hold up SQLite's one writer.
            let Some((now, shares)) = self.shares(slots).await? else {
                return Ok(None);
            };
            if let Some(claimed) = self.claim_shares(worker, now, &shares).await? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    async fn claim_shares(
        &self,
        worker: WorkerId,
        now: Timestamp,
        shares: &[Share],
    ) -> Result<Option<(Claim, Vec<Facts>)>, StoreError> {
        let mut tx = self.db.write().await?;
        let rows = self.lock_runs(&mut tx, shares).await?;
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
            recorded: Recorded::new(),
            entries: Vec::new(),
            probe: None,
        };
        Ok(Some((claim, facts)))
    }

    /// Locks the runs of the shares, each tenant's and connection's limit kept exactly.
    async fn lock_runs(&self, tx: &mut Tx, shares: &[Share]) -> Result<Vec<Row>, StoreError> {
        let scopes: BTreeSet<_> = shares.iter().map(|share| scope_key(share.scope)).collect();
        let held = tx.fetch(&SCOPES_HOLD, args![to_json(&scopes)?]).await?;
        let held = held
            .iter()
            .map(|row| Ok(ScopeId::from_uuid(row.uuid("scope_id")?)))
            .collect::<Result<BTreeSet<_>, StoreError>>()?;
        let shares: Vec<_> = shares
            .iter()
            .filter(|it| held.contains(&it.scope))
            .collect();
        if shares.is_empty() {
            return Ok(Vec::new());
        }
        let held: Vec<_> = held.into_iter().map(scope_key).collect();
        let mut admission = Admission::default();
        for row in tx.fetch(&RUNNING, args![to_json(&held)?]).await? {
            let scope = ScopeId::from_uuid(row.uuid("scope_id")?);
            admission.count(
                scope,
                connection_of(&row, "connection_id")?,
                row.int("running")?,
            );
        }
        let most = shares.iter().map(|share| share.runs).max().unwrap_or(0);
        let asked: Vec<_> = (0..)
            .zip(&shares)
            .map(|(place, it)| it.row(place))
            .collect();
        let rows = tx.fetch(&CLAIM, args![to_json(&asked)?, most]).await?;
        let mut left: Vec<_> = shares.iter().map(|share| share.runs).collect();
        let mut admitted = Vec::with_capacity(rows.len());
        for row in rows {
            let place = usize::try_from(row.int("place")?).unwrap_or(usize::MAX);
            let (Some(share), Some(left)) = (shares.get(place), left.get_mut(place)) else {
                continue;
            };
            let connection = connection_of(&row, "uses_connection")?;
            if *left > 0 && admission.admits(&self.queue, share.scope, connection) {
                *left -= 1;
                admitted.push(row);
            }
        }
        Ok(admitted)
    }

    /// Whether a claim is in the ledger, asked of one of its runs when its commit's answer was lost.
    ///
    /// A refusal does not name its worker; taken for one's own it starts nothing.
    pub(crate) async fn claim_counted(
        &self,
        key: RunKey,
        worker: WorkerId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let args = args![key.run_id, key.attempt, worker, at];
        Ok(self.db.first(&CLAIM_COUNTED, args).await?.is_some())
    }
}
