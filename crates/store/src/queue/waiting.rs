//! Why a queued run does not run.

use std::collections::BTreeMap;

use domain::{
    bulk::BulkState,
    ids::RunId,
    run::RunStatus,
    time::Timestamp,
    waiting::{PLACES, Waiting, WaitingFor},
};

use crate::{
    Store,
    audit::to_json,
    error::StoreError,
    runs::{BulkItem, RunAccess, RunRow},
    sql::{Row, Statement, args, dialects, same},
};

use super::QueueSettings;

// One look at everything that a claim would look at, for one run.
static WAITING: Statement = same(
    "run_queue_waiting_because",
    "select q.available_at, q.waiting_code, p.paused_at, p.paused_by_name,
       (select count(*) from (select 1 from run_queue b where b.status = 'queued' and b.scope_id = q.scope_id
          and b.available_at <= $2
          and (b.priority, b.available_at, b.run_id) < (q.priority, q.available_at, q.run_id) limit $3) w) as before,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.workspace_id <> r.scope_id) as running,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.connection_id = q.connection_id) as using_connection,
       (select count(*) from workers w where abs($2 - w.last_seen_at) < w.lease) as workers,
       (select max(w.last_seen_at) from workers w) as last_seen_at,
       (select max(p.until_at) from worker_presence p) as present_until,
       (select max(w.tenant_limit) from workers w where abs($2 - w.last_seen_at) < w.lease) as tenant_limit,
       (select max(w.connection_limit) from workers w where abs($2 - w.last_seen_at) < w.lease) as connection_limit
     from run_queue q left join queue_pauses p on p.scope_id = q.scope_id
     where q.run_id = $1 and q.status = 'queued'",
);

// The same for a page of runs at once; nobody counts places for a line of a list.
static ALL_WAITING: Statement = dialects(
    "run_queue_waiting_because_all",
    "select q.run_id, q.available_at, p.paused_at, w.workers, w.tenant_limit, w.connection_limit,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.workspace_id <> r.scope_id) as running,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.connection_id = q.connection_id) as using_connection
     from (select count(*) as workers, max(tenant_limit) as tenant_limit, max(connection_limit) as connection_limit
           from workers where abs($2 - last_seen_at) < lease) w
       cross join run_queue q left join queue_pauses p on p.scope_id = q.scope_id
     where q.status = 'queued' and q.run_id in (select unhex(value) from jsonb_each($1))",
    "select q.run_id, q.available_at, p.paused_at, w.workers, w.tenant_limit, w.connection_limit,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.workspace_id <> r.scope_id) as running,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.connection_id = q.connection_id) as using_connection
     from (select count(*) as workers, max(tenant_limit) as tenant_limit, max(connection_limit) as connection_limit
           from workers where abs($2 - last_seen_at) < lease) w
       cross join run_queue q left join queue_pauses p on p.scope_id = q.scope_id
     where q.status = 'queued' and q.run_id in (select value::uuid from json_array_elements_text($1::json))",
);

impl Store {
    /// Why a queued run does not run; nothing when it is not queued.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_waiting(&self, run: &RunAccess) -> Result<Option<Waiting>, StoreError> {
        let now = self.db.now().await?;
        let args = args![run.run().id, now, PLACES + 1];
        let row = self.db.first(&WAITING, args).await?;
        row.map(|row| self.because(&row, now)).transpose()
    }

    /// Why the queued ones of some runs do not run; one statement for all, and none without a queued run.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waits_of_runs(
        &self,
        runs: &[RunRow],
        now: Timestamp,
    ) -> Result<BTreeMap<RunId, WaitingFor>, StoreError> {
        let queued = runs.iter();
        let queued = queued.filter(|run| run.state.status == RunStatus::Queued);
        self.waits_of(queued.map(|run| run.id), now).await
    }

    /// The same for the runs of a bulk's items.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waits_of_items(
        &self,
        items: &[BulkItem],
        now: Timestamp,
    ) -> Result<BTreeMap<RunId, WaitingFor>, StoreError> {
        let queued = items.iter().filter(|item| item.state == BulkState::Queued);
        self.waits_of(queued.filter_map(|item| item.run_id), now)
            .await
    }

    async fn waits_of(
        &self,
        queued: impl Iterator<Item = RunId> + Send,
        now: Timestamp,
    ) -> Result<BTreeMap<RunId, WaitingFor>, StoreError> {
        let ids: Vec<_> = queued.map(|id| id.as_uuid().simple()).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = self
            .db
            .fetch(&ALL_WAITING, args![to_json(&ids)?, now])
            .await?;
        rows.iter()
            .map(|row| {
                let id = RunId::from_uuid(row.uuid("run_id")?);
                Ok((id, self.kind(row, now, &Limits::of(row, &self.queue)?)?))
            })
            .collect()
    }

    /// The first thing that would have to change: a pause stands before everything else, and before a run's own
    /// time has come nobody is missed. While nothing can be written workers cannot leave word either.
    fn kind(&self, row: &Row, now: Timestamp, limits: &Limits) -> Result<WaitingFor, StoreError> {
        Ok(if row.opt_time("paused_at")?.is_some() {
            WaitingFor::Paused
        } else if row.time("available_at")? > now {
            WaitingFor::Later
        } else if self.db.refused().is_lately() {
            WaitingFor::NotWritable
        } else if row.int("workers")? == 0 {
            WaitingFor::NoWorker
        } else if row.int("running")? >= limits.tenant {
            WaitingFor::TenantLimit
        } else if row.int("using_connection")? >= limits.connection {
            WaitingFor::ConnectionLimit
        } else {
            WaitingFor::Slot
        })
    }

    /// The same with its circumstances.
    fn because(&self, row: &Row, now: Timestamp) -> Result<Waiting, StoreError> {
        let limits = Limits::of(row, &self.queue)?;
        Ok(match self.kind(row, now, &limits)? {
            WaitingFor::Paused => Waiting::Paused {
                by: row.opt_text("paused_by_name")?.unwrap_or_default(),
                at: row.time("paused_at")?,
            },
            WaitingFor::NotWritable => Waiting::NotWritable,
            WaitingFor::NoWorker => Waiting::NoWorker {
                // A process that stops as it should takes its row along; that somebody was there stays.
                last_seen: row
                    .opt_time("last_seen_at")?
                    .max(row.opt_time("present_until")?),
            },
            WaitingFor::Later => Waiting::Later {
                at: row.time("available_at")?,
                code: row.opt_text("waiting_code")?,
            },
            WaitingFor::TenantLimit => Waiting::TenantLimit {
                running: row.int("running")?,
                limit: limits.tenant,
            },
            WaitingFor::ConnectionLimit => Waiting::ConnectionLimit {
                running: row.int("using_connection")?,
                limit: limits.connection,
            },
            WaitingFor::Slot => Waiting::Slot {
                before: row.int("before")?,
            },
        })
    }
}

/// How many runs may be under way at once, as the processes that work have it.
struct Limits {
    tenant: i64,
    connection: i64,
}

impl Limits {
    fn of(row: &Row, settings: &QueueSettings) -> Result<Self, StoreError> {
        let tenant = row.opt_int("tenant_limit")?;
        let connection = row.opt_int("connection_limit")?;
        Ok(Self {
            tenant: tenant.unwrap_or(settings.tenant_limit),
            connection: connection.unwrap_or(settings.connection_limit),
        })
    }
}
