//! A pool claims runs: as many as there are free slots, again and again while any come.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use policy::Running;
use store::StoreError;
use tokio::{sync::watch, time::sleep};

use super::{job::Job, jobs::Jobs, pool::Pool};

/// The most runs that one claim takes; it bounds how long the audit chains are held.
const CLAIM_MOST: usize = 500;

impl Pool {
    pub(super) async fn claim_all(&self, jobs: &mut Jobs) -> Result<usize, StoreError> {
        let bell = self.store.queue_bell();
        let mut decided = 0;
        loop {
            let rung = bell.notified();
            let free = free_slots(jobs).await;
            match self.claim(jobs, free).await? {
                // A run that ends can let another one be queued, and one that is under way can ask for others.
                0 => {
                    tokio::select! {
                        ended = jobs.running.join_next() => if ended.is_none() { return Ok(decided) },
                        () = rung => {}
                        () = sleep(self.settings.poll) => {}
                    }
                    // Many end together.
                    while jobs.running.try_join_next().is_some() {}
                }
                more => decided += more,
            }
        }
    }

    /// Claims until it is told to stop, which it looks at between two claims.
    pub(super) async fn claim_until(&self, mut stop: watch::Receiver<bool>, jobs: &mut Jobs) {
        let bell = self.store.queue_bell();
        while !*stop.borrow() {
            while jobs.running.try_join_next().is_some() {}
            // Registered before looking, so that a run queued in between still rings.
            let rung = bell.notified();
            let free = tokio::select! {
                free = free_slots(jobs) => free,
                _ = stop.wait_for(|stopped| *stopped) => return,
            };
            match self.claim(jobs, free).await {
                Ok(0) => tokio::select! {
                    () = rung => {}
                    () = sleep(self.settings.poll) => {}
                    _ = stop.wait_for(|stopped| *stopped) => {}
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(worker.id = %self.id, error = %error.with_causes(), "claiming failed; trying again");
                    tokio::select! {
                        () = sleep(Duration::from_secs(1)) => {}
                        _ = stop.wait_for(|stopped| *stopped) => {}
                    }
                }
            }
        }
    }

    /// Starts as many runs as there are free slots; answers how many were decided about.
    async fn claim(&self, jobs: &mut Jobs, free: usize) -> Result<usize, StoreError> {
        let limit = i64::try_from(free.min(CLAIM_MOST)).unwrap_or(1);
        // The last slot is for a tenant that has nothing going: it need not wait for a run of another's to end.
        let spare = i64::from(self.settings.workers > 1);
        let asked = Instant::now();
        let started = self.store.runs_start_sparing(self.id, limit, spare).await?;
        let decided = started.running.len() + started.refused.len();
        for ended in &started.refused {
            tracing::info!(run.id = %ended.key.run_id, "refused by the gate, run {}", ended.key.run_id);
        }
        for running in started.running {
            self.spawn(jobs, running, self.holds_until(asked)).await;
        }
        Ok(decided)
    }

    async fn spawn(&self, jobs: &mut Jobs, running: Running, until: Instant) {
        let Ok(slot) = Arc::clone(&jobs.slots).acquire_owned().await else {
            return;
        };
        // What waits for other runs takes no slot from them: a pool of one can end a bulk of any size. And it waits
        // as long as they do, of which each has limits of its own: a paused queue makes no bulk too old.
        let waits = running.operation().spec().children.is_some();
        let (slot, longest) = if waits {
            (None, None)
        } else {
            (Some(slot), Some(self.longest))
        };
        let key = running.key();
        if let Some(begun) = &self.begun {
            let _ = begun.send((key.run_id, Instant::now()));
        }
        let providers = self.providers.clone();
        let (store, finisher) = (self.store.clone(), jobs.finisher.clone());
        let jitter = self.jitter;
        let held = Arc::clone(&self.held);
        self.held.begin(key, until, |lease, cancel| {
            let job = Job {
                store,
                provider: providers.for_run(lease),
                finisher,
                held: Arc::clone(&held),
                cancel,
                jitter,
                longest,
            };
            jobs.running.spawn(async move {
                job.run(running).await;
                held.remove(key);
                drop(slot);
            })
        });
    }
}

/// Waits until a slot is free; answers how many are. Nobody but the one who claims takes any.
async fn free_slots(jobs: &Jobs) -> usize {
    match jobs.slots.acquire().await {
        Ok(_first) => jobs.slots.available_permits() + 1,
        Err(_) => 0,
    }
}
