//! The processes that are there to work, as their heartbeats leave them behind.

use domain::{
    ids::WorkerId,
    time::{DAY, Timestamp},
};

use crate::{
    Store,
    error::StoreError,
    sql::{Row, Statement, Tx, args, same},
    upkeep::tell_presence,
};

/// How long a process that fell silent is still told of.
const REMEMBERED: i64 = DAY;

/// What a process says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCard {
    /// Under which id it holds runs.
    pub id: WorkerId,
    /// On which machine it is, without the domain.
    pub host: String,
    /// How many runs it works on at once.
    pub slots: i64,
}

/// A process that works on runs, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRow {
    /// Its id.
    pub id: WorkerId,
    /// On which machine it is.
    pub host: String,
    /// How many runs it works on at once.
    pub slots: i64,
    /// Since when it works.
    pub started_at: Timestamp,
    /// When it was heard of last.
    pub last_seen_at: Timestamp,
    /// Whether it has been silent for less than its lease.
    pub is_alive: bool,
    /// How many runs it has.
    pub holds: i64,
}

static SEEN: Statement = same(
    "worker_seen",
    "insert into workers (id, host, slots, tenant_limit, connection_limit, lease, started_at, last_seen_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7)
     on conflict (id) do update set last_seen_at = excluded.last_seen_at",
);
pub(crate) static GONE: Statement = same("worker_gone", "delete from workers where id = $1");
static FORGET: Statement = same(
    "workers_forget",
    "delete from workers where last_seen_at < $1",
);
// Seen in the future is as good as not seen: the clock was set back since, and whoever is alive beats again.
static ALL: Statement = same(
    "workers_all",
    "select w.id, w.host, w.slots, w.started_at, w.last_seen_at, abs($1 - w.last_seen_at) < w.lease as is_alive,
       (select count(*) from run_queue q where q.status = 'running' and q.owner = w.id) as holds
     from workers w order by w.last_seen_at desc, w.id limit 200",
);

fn worker_of(row: &Row) -> Result<WorkerRow, StoreError> {
    Ok(WorkerRow {
        id: WorkerId::from_uuid(row.uuid("id")?),
        host: row.text("host")?,
        slots: row.int("slots")?,
        started_at: row.time("started_at")?,
        last_seen_at: row.time("last_seen_at")?,
        is_alive: row.flag("is_alive")?,
        holds: row.int("holds")?,
    })
}

impl Store {
    /// Says that a process is there, by the database's clock; forgets those that fell silent long ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn worker_seen(&self, card: &WorkerCard) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        self.worker_write(&mut tx, card, now).await?;
        tx.execute(&FORGET, args![now.plus(-REMEMBERED)]).await?;
        tx.commit().await
    }

    /// Writes that a process is there, in a transaction that may still be taken back.
    pub(crate) async fn worker_write(
        &self,
        tx: &mut Tx,
        card: &WorkerCard,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let args = args![
            card.id,
            &*card.host,
            card.slots,
            self.queue.tenant_limit,
            self.queue.connection_limit,
            self.queue.lease_micros(),
            now,
        ];
        tx.execute(&SEEN, args).await?;
        Ok(())
    }

    /// Says that a process has stopped.
    ///
    /// # Errors
    /// When the database does not answer; then its silence says so.
    pub async fn worker_gone(&self, worker: WorkerId) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(&GONE, args![worker]).await?;
        // Its row is gone; that it was there until now stays.
        let now = tx.now().await?;
        tell_presence(&mut tx, now).await?;
        tx.commit().await
    }

    /// The processes that work on runs, the one heard of last first; those that fell silent for a day.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn workers(&self) -> Result<Vec<WorkerRow>, StoreError> {
        let now = self.db.now().await?;
        let rows = self.db.fetch(&ALL, args![now]).await?;
        rows.iter().map(worker_of).collect()
    }
}
