//! Why a queued run does not run.

use domain::waiting::{PLACES, Waiting};

use crate::{
    Store,
    error::StoreError,
    runs::RunAccess,
    sql::{Row, Statement, args, same},
};

use super::QueueSettings;

// One look at everything that a claim would look at, for one run.
static WAITING: Statement = same(
    "run_queue_waiting_because",
    "select q.available_at, q.waiting_code, p.paused_at, p.paused_by_name,
       (select count(*) from (select 1 from run_queue b where b.status = 'queued' and b.scope_id = q.scope_id
          and b.available_at <= $2
          and (b.priority, b.available_at, b.run_id) < (q.priority, q.available_at, q.run_id) limit $3) w) as before,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id) as running,
       (select count(*) from run_queue r where r.status = 'running' and r.scope_id = q.scope_id
          and r.connection_id = q.connection_id) as using_connection,
       (select count(*) from workers w where w.last_seen_at + w.lease > $2) as workers,
       (select max(w.last_seen_at) from workers w) as last_seen_at,
       (select max(w.tenant_limit) from workers w where w.last_seen_at + w.lease > $2) as tenant_limit,
       (select max(w.connection_limit) from workers w where w.last_seen_at + w.lease > $2) as connection_limit
     from run_queue q left join queue_pauses p on p.scope_id = q.scope_id
     where q.run_id = $1 and q.status = 'queued'",
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
        row.map(|row| because(&row, now, &self.queue)).transpose()
    }
}

/// The first thing that would have to change; a pause stands before everything else.
fn because(
    row: &Row,
    now: domain::time::Timestamp,
    settings: &QueueSettings,
) -> Result<Waiting, StoreError> {
    if let Some(at) = row.opt_time("paused_at")? {
        let by = row.opt_text("paused_by_name")?.unwrap_or_default();
        return Ok(Waiting::Paused { by, at });
    }
    if row.int("workers")? == 0 {
        let last_seen = row.opt_time("last_seen_at")?;
        return Ok(Waiting::NoWorker { last_seen });
    }
    let at = row.time("available_at")?;
    if at > now {
        let code = row.opt_text("waiting_code")?;
        return Ok(Waiting::Later { at, code });
    }
    let running = row.int("running")?;
    let limit = row
        .opt_int("tenant_limit")?
        .unwrap_or(settings.tenant_limit);
    if running >= limit {
        return Ok(Waiting::TenantLimit { running, limit });
    }
    let running = row.int("using_connection")?;
    let limit = row
        .opt_int("connection_limit")?
        .unwrap_or(settings.connection_limit);
    if running >= limit {
        return Ok(Waiting::ConnectionLimit { running, limit });
    }
    Ok(Waiting::Slot {
        before: row.int("before")?,
    })
}
