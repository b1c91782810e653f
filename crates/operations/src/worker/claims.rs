//! Claims under way: one at a time, and on a database that has many writers a second one while much waits.
//!
//! A claim waits for the database most of its time. Where the queue is deep, the next one begins meanwhile, in
//! other tenants: a claim leaves those alone that another one holds, on this machine or on any.

use std::{sync::Arc, time::Instant};

use domain::ids::WorkerId;
use policy::Started;
use store::{Store, StoreError};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

/// The most runs that one claim takes; it bounds how long the audit chains are held.
const MOST: usize = 500;

/// A claim that decided about so many leaves a queue in which as many wait, and a second one is worth its cost
/// where so many slots are free.
const PLENTY: usize = 200;

/// What a claim led to.
pub(super) struct Claimed {
    /// What the gate made of the runs.
    pub(super) started: Started,
    /// When the database was asked for their leases.
    pub(super) asked: Instant,
    /// The slots that were kept free for them.
    pub(super) slots: OwnedSemaphorePermit,
}

/// The claims of one process.
pub(super) struct Claims {
    store: Store,
    worker: WorkerId,
    /// So many runs may be under way in this process.
    workers: usize,
    slots: Arc<Semaphore>,
    under_way: JoinSet<Result<Claimed, StoreError>>,
    much_waits: bool,
}

impl Claims {
    /// None yet; each takes its slots from these.
    pub(super) fn new(
        store: Store,
        worker: WorkerId,
        workers: usize,
        slots: Arc<Semaphore>,
    ) -> Self {
        Self {
            store,
            worker,
            workers,
            slots,
            under_way: JoinSet::new(),
            much_waits: false,
        }
    }

    /// Waits for a claim that decided about runs; `None` when there was nothing to decide about.
    ///
    /// # Errors
    /// When the database does not answer; other claims go on.
    pub(super) async fn next(&mut self) -> Result<Option<Claimed>, StoreError> {
        loop {
            self.begin().await;
            let Some(ended) = self.under_way.join_next().await else {
                return Ok(None);
            };
            // A claim that panicked took nothing.
            let claimed = ended.map_err(|_| StoreError::Stopped)??;
            let decided = claimed.started.running.len() + claimed.started.refused.len();
            self.much_waits = decided >= PLENTY;
            if decided > 0 {
                return Ok(Some(claimed));
            }
            if self.under_way.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Waits for the claims that are under way; nobody works on what they start.
    pub(super) async fn end(&mut self) {
        while self.under_way.join_next().await.is_some() {}
    }

    /// Begins as many claims as are worth it: one, where at least one slot is or becomes free.
    async fn begin(&mut self) {
        if self.under_way.is_empty()
            && let Ok(first) = Arc::clone(&self.slots).acquire_owned().await
        {
            let free = self.slots.available_permits();
            self.ask(first, free.min(MOST - 1));
        }
        let free = self.slots.available_permits();
        let is_worth_it = self.much_waits && free >= PLENTY;
        if is_worth_it
            && self.under_way.len() < self.store.writers()
            && let Ok(first) = Arc::clone(&self.slots).try_acquire_owned()
        {
            self.ask(first, free.min(MOST) - 1);
        }
    }

    /// Asks for as many runs as slots are had, beginning with one that is.
    fn ask(&mut self, mut slots: OwnedSemaphorePermit, more: usize) {
        let more = u32::try_from(more).unwrap_or(0);
        if let Ok(more) = Arc::clone(&self.slots).try_acquire_many_owned(more) {
            slots.merge(more);
        }
        let limit = i64::try_from(slots.num_permits()).unwrap_or(1);
        // The last slot is for a tenant that has nothing going: it need not wait for a run of another's to end.
        let spare = i64::from(self.workers > 1);
        let (store, worker) = (self.store.clone(), self.worker);
        self.under_way.spawn(async move {
            let asked = Instant::now();
            let started = store.runs_start_sparing(worker, limit, spare).await?;
            Ok(Claimed {
                started,
                asked,
                slots,
            })
        });
    }
}
