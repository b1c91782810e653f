//! Leases: kept by heartbeats, taken back when a worker falls silent.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use domain::ids::{RunId, WorkerId, WorkspaceId};
use policy::RunKey;

use super::{
    attempts::EndedBy,
    fence::of_attempts,
    finish::attempt_rows,
    watch::{LeaseSeen, LeaseWatch},
};
use crate::{
    Store,
    error::StoreError,
    sql::{Row, Rows, Statement, args, dialects, same},
};

/// The part of a lease for which a heartbeat waits for each answer: with the usual lease longer than for any lock,
/// and short enough to try another connection before the lease is over.
const BEAT_WITHIN: u32 = 5;

/// How many runs one transaction takes back; it bounds how long the audit chains are held.
const TAKEN_MOST: usize = 200;

// Locked in the order of the keys: runs of the same pool end in groups meanwhile.
static HEARTBEAT: Statement = dialects(
    "run_queue_heartbeat",
    "update run_queue set lease_until = $2
     from given as t
     where run_id = t.run and run_queue.attempt = t.attempt and owner = $1 and status = 'running'
     returning run_id, run_queue.attempt as attempt, cancel_requested_at",
    concat!(
        "with held as materialized (
       select q.run_id from run_queue q
       where ",
        of_attempts!(),
        " and q.owner = $3
       order by q.run_id for update of q)
     update run_queue q set lease_until = $4 where q.run_id = any(array(select h.run_id from held h))
     returning q.run_id, q.attempt, q.cancel_requested_at"
    ),
);
// The worker's own lease may be longer than this process's; where its row is gone, this process's counts.
static LEASES: Statement = same(
    "run_queue_leases",
    "select q.workspace_id, q.run_id, q.attempt, q.lease_until, w.lease from run_queue q left join workers w on w.id = q.owner
     where q.status = 'running' and q.lease_until is not null",
);
// What was renewed since it was looked at is left alone, as is what another sweep has locked. Whether a change is under
// way is not asked: who is silent has sent nothing for a third of a lease, and is to be taken up soon.
static SILENT: Statement = dialects(
    "run_queue_silent",
    "select q.workspace_id, q.scope_id, q.run_id, q.attempt, q.rescues, q.cancel_requested_at, 0 as is_writing
     from given k cross join run_queue q on q.run_id = k.run and q.attempt = k.attempt
     where q.status = 'running' and q.lease_until = k.until",
    "select q.workspace_id, q.scope_id, q.run_id, q.attempt, q.rescues, q.cancel_requested_at, false as is_writing
     from run_queue q where q.run_id = any($1::uuid[]) and q.status = 'running'
       and q.attempt = ($2::bigint[])[array_position($1::uuid[], q.run_id)]
       and q.lease_until = ($3::bigint[])[array_position($1::uuid[], q.run_id)]
     order by q.run_id for update of q skip locked",
);
/// What a heartbeat brings back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leases {
    /// The attempts that the worker still holds.
    pub kept: Vec<RunKey>,
    /// Those of them whose end somebody asked for.
    pub cancelled: Vec<RunKey>,
}

/// What came of a look for silent workers.
#[derive(Debug, Default)]
pub struct Rescued {
    /// How many runs were taken from them.
    pub taken: usize,
    /// Which runs could not be taken, and why.
    pub faults: Vec<(RunId, StoreError)>,
}

/// Whether an error says something of the database, and nothing of the runs that were to be taken.
const fn is_of_all(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_) | StoreError::NotWritable(_) | StoreError::Stopped
    )
}

impl Store {
    /// Keeps the leases of a worker's runs; answers those it still holds, and whose end was asked for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lease_renew(
        &self,
        worker: WorkerId,
        held: &[RunKey],
    ) -> Result<Leases, StoreError> {
        let mut leases = Leases::default();
        if held.is_empty() {
            return Ok(leases);
        }
        let mut tx = self.db.write_within(self.queue.lease / BEAT_WITHIN).await?;
        let now = tx.now().await?;
        let until = now.plus(self.queue.lease_micros());
        let keys = held.iter().map(|key| ((key.run_id, key.attempt), key));
        let keys: HashMap<_, _> = keys.collect();
        let rows = attempt_rows(held);
        for row in tx
            .fetch_rows(&HEARTBEAT, rows, args![worker, until])
            .await?
        {
            let id = RunId::from_uuid(row.uuid("run_id")?);
            let Some(key) = keys.get(&(id, row.int("attempt")?)) else {
                continue;
            };
            leases.kept.push(**key);
            if row.opt_time("cancel_requested_at")?.is_some() {
                leases.cancelled.push(**key);
            }
        }
        tx.commit().await?;
        Ok(leases)
    }

    /// Takes runs whose lease is over from their workers, all of them; answers how many.
    ///
    /// A sweeper asks again and again with what it remembers, and `at` is its own steady clock. Each run goes back
    /// into the queue as a new attempt, unless its end was asked for, or it lost its worker too often: then it
    /// is over. A run that cannot be taken is named, and keeps no other from being taken.
    ///
    /// # Errors
    /// When the leases cannot be read, or the database cannot be written: then the workers could not renew them
    /// either, and the sweeper is to watch anew.
    pub async fn runs_rescue(
        &self,
        watch: &mut LeaseWatch,
        at: Instant,
    ) -> Result<Rescued, StoreError> {
        let now = self.db.now().await?;
        let rows = self.db.fetch(&LEASES, vec![]).await?;
        let leases = rows.iter().map(|row| self.lease_of(row));
        let leases = leases.collect::<Result<_, _>>()?;
        let mut over = watch.over(at, now, self.queue.lease, leases);
        over.sort_by_key(|lease| lease.until);
        let mut rescued = Rescued::default();
        // Where somebody stands in the way, one wait is enough: the next look comes soon.
        let mut contended = HashSet::new();
        for group in over.chunks(TAKEN_MOST) {
            let is_free = |lease: &&LeaseSeen| !contended.contains(&lease.workspace);
            let group: Vec<_> = group.iter().filter(is_free).copied().collect();
            match self.take(&group).await {
                Ok(taken) => {
                    rescued.taken += taken;
                    continue;
                }
                Err(error) if is_of_all(&error) => return Err(error),
                Err(_) => {}
            }
            for lease in group {
                if contended.contains(&lease.workspace) {
                    continue;
                }
                match self.take(&[lease]).await {
                    Ok(taken) => rescued.taken += taken,
                    Err(error) if is_of_all(&error) => return Err(error),
                    Err(error) => {
                        if error.is_contention() {
                            contended.insert(lease.workspace);
                        }
                        rescued.faults.push((lease.run, error));
                    }
                }
            }
        }
        Ok(rescued)
    }

    /// Takes runs whose leases are still as they were seen, in one transaction.
    async fn take(&self, over: &[LeaseSeen]) -> Result<usize, StoreError> {
        if over.is_empty() {
            return Ok(0);
        }
        let rows = Rows::default()
            .ids("run", over.iter().map(|lease| lease.run.as_uuid()))
            .ints("attempt", over.iter().map(|lease| lease.attempt))
            .ints("until", over.iter().map(|lease| lease.until.0));
        let mut tx = self.db.write().await?;
        let rows = tx.fetch_rows(&SILENT, rows, vec![]).await?;
        self.give_back(tx, &rows, EndedBy::LeaseExpired).await
    }

    fn lease_of(&self, row: &Row) -> Result<LeaseSeen, StoreError> {
        let stated = row.opt_int("lease")?.and_then(|it| u64::try_from(it).ok());
        Ok(LeaseSeen {
            workspace: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            run: RunId::from_uuid(row.uuid("run_id")?),
            attempt: row.int("attempt")?,
            until: row.time("lease_until")?,
            length: stated.map_or(self.queue.lease, Duration::from_micros),
        })
    }
}
