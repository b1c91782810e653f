//! Claiming: queued runs are locked, and everything the gate needs is read, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{ConnectionId, RunId, ScopeId, WorkerId, WorkspaceId},
    time::{MINUTE, Timestamp},
};
use policy::{Facts, RunKey, Started};

use super::{gated::run_facts, ledger::Recorded};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, to_json},
    error::StoreError,
    facts,
    queue::{Admission, Share, Slots, scope_key},
    sql::{Row, Statement, Tx, args, dialects, id_list, same},
    versions::touch,
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
       r.schedule_id, r.schedule_revision, r.status = 'queued' and r.attempt = q.attempt as agrees
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
       r.schedule_id, r.schedule_revision, r.status = 'queued' and r.attempt = q.attempt as agrees
     from json_to_recordset($1::json) as s(place bigint, scope uuid, priority bigint, due bigint, share bigint)
     cross join lateral (
       select c.run_id, c.attempt, c.connection_id, c.available_at from run_queue c where c.status = 'queued'
         and c.priority = s.priority and c.scope_id = s.scope and c.available_at <= s.due
       order by c.available_at, c.run_id limit least(s.share, $2) for update of c skip locked) q
     join operation_runs r on r.id = q.run_id
     where not exists (select 1 from queue_pauses p where p.scope_id = s.scope)
     order by s.place, q.available_at, q.run_id",
);
static SET_ASIDE: Statement = dialects(
    "run_queue_set_aside",
    "update run_queue set available_at = $2 where status = 'queued' and run_id in (select unhex(value) from jsonb_each($1))",
    "update run_queue set available_at = $2 where status = 'queued'
       and run_id = any(array(select value::uuid from json_array_elements_text($1::json)))",
);
// Another worker's claim may have taken the same attempt after this one was rolled back, and may have decided
// alike: only what carries this claim's worker and moment is this claim's.
static CLAIM_COUNTED: Statement = same(
    "run_claim_counted",
    "select d.attempt from run_decisions d where d.run_id = $1 and d.attempt = $2 and d.decided_at = $4
       and (d.verdict = 'denied' or exists (select 1 from run_attempts a where a.run_id = d.run_id
         and a.attempt = d.attempt and a.worker_id = $3 and a.started_at = $4))",
);

/// How long a run is left aside of which queue and ledger say different things.
const ASIDE: i64 = MINUTE;

/// Whether a claim takes the runs of all tenants whose turn it is, or of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    Together,
    /// Then it waits a second for what somebody holds, and not five.
    Alone,
}

/// What a claim has locked.
#[derive(Default)]
struct Locked {
    rows: Vec<Row>,
    /// Those that cannot start, since the ledger has them otherwise.
    odd: Vec<Row>,
}

fn connection_of(row: &Row, column: &'static str) -> Result<Option<ConnectionId>, StoreError> {
    Ok(row.opt_uuid(column)?.map(ConnectionId::from_uuid))
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
        let together = match self.claim_for(worker, slots).await {
            Ok(Some((claim, facts))) => policy::start(claim, &facts).await,
            Ok(None) => Ok(Started::default()),
            Err(error) => Err(error),
        };
        match together {
            Err(error) if error.is_held_by_another() && self.db.locks_rows() => {
                let why = error.with_causes();
                tracing::warn!(
                    error = why,
                    "somebody holds what a claim needs; claiming tenant by tenant"
                );
                self.start_apart(worker, slots).await
            }
            together => together,
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
            if let Some(claimed) = self
                .claim_shares(worker, now, &shares, Company::Together)
                .await?
            {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    /// Claims the runs of so many shares; `None` when others hold what they are of.
    pub(super) async fn claim_shares(
        &self,
        worker: WorkerId,
        now: Timestamp,
        shares: &[Share],
        company: Company,
    ) -> Result<Option<(Claim, Vec<Facts>)>, StoreError> {
        let mut tx = match company {
            Company::Together => self.db.write().await?,
            Company::Alone => self.db.write_together().await?,
        };
        let Locked { rows, odd } = self.lock_runs(&mut tx, shares).await?;
        self.set_aside(&mut tx, now, &odd).await?;
        if rows.is_empty() {
            if !odd.is_empty() {
                tx.commit().await?;
            }
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
    async fn lock_runs(&self, tx: &mut Tx, shares: &[Share]) -> Result<Locked, StoreError> {
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
            return Ok(Locked::default());
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
        let mut locked = Locked::default();
        for row in rows {
            if !row.flag("agrees")? {
                locked.odd.push(row);
                continue;
            }
            let place = usize::try_from(row.int("place")?).unwrap_or(usize::MAX);
            let (Some(share), Some(left)) = (shares.get(place), left.get_mut(place)) else {
                continue;
            };
            let connection = connection_of(&row, "uses_connection")?;
            // What is of a workspace waits for runs of tenants, and takes nothing from any.
            let is_tenants = row.opt_uuid("tenant_id")?.is_some();
            let mut admits = || admission.admits(&self.queue, share.scope, connection);
            if *left > 0 && (!is_tenants || admits()) {
                *left -= 1;
                locked.rows.push(row);
            }
        }
        Ok(locked)
    }

    /// Has runs wait that the queue has as waiting and the ledger has otherwise: they cannot start, and every claim
    /// would meet them again, before what waits behind them.
    async fn set_aside(&self, tx: &mut Tx, now: Timestamp, odd: &[Row]) -> Result<(), StoreError> {
        if odd.is_empty() {
            return Ok(());
        }
        let (mut runs, mut scopes) = (Vec::new(), BTreeMap::new());
        for row in odd {
            let run = RunId::from_uuid(row.uuid("id")?);
            tracing::error!(run.id = %run, "queue and ledger say different things of run {run}; it is left aside for a minute");
            runs.push(run.as_uuid());
            let workspace = WorkspaceId::from_uuid(row.uuid("workspace_id")?);
            scopes.insert(ScopeId::from_uuid(row.uuid("scope_id")?), workspace);
        }
        let args = args![id_list(runs)?, now.plus(ASIDE)];
        tx.execute(&SET_ASIDE, args).await?;
        touch(tx, scopes).await
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
