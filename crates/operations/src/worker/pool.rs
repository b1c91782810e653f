//! One worker process: a loop that starts runs, a heartbeat, and a sweep for lost leases.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::ids::{RunId, WorkerId};
use graph::{Endpoints, GraphClient};
use policy::RunKey;
use store::{LeaseWatch, QueueSettings, Rescued, Store, StoreError, WorkerCard};
use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::{MissedTickBehavior, error::Elapsed, interval, sleep, timeout},
};

use super::{again::Jitter, held::Held, host, jobs::Jobs, said::Said, scheduler::Scheduler};
use crate::{Services, families::Providers};

/// How a pool works.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// How many runs it works on at once; none leaves the queue to other processes.
    pub workers: usize,
    /// How long an idle pool waits before it looks again; no bell crosses processes.
    pub poll: Duration,
    /// How long a stopping pool lets runs finish before it hands them back.
    pub grace: Duration,
}

impl PoolSettings {
    /// How long a process that people run waits before it looks for runs again.
    pub const POLL: Duration = Duration::from_millis(250);
}

/// A run older than this is ended: no handler needs as long.
const LONGEST_RUN: Duration = Duration::from_secs(1800);

/// People approve in minutes or in days: a run that waits holds a slot, so it waits for the quick ones alone.
const APPROVAL_WAIT: Duration = Duration::from_secs(60);

/// A gateway gives up sooner than the service behind it: what it made shows up some seconds later.
const CREATION_WAIT: Duration = Duration::from_secs(12);

/// How long a stopping pool waits for a database: for a claim under way, for what is still being written, for its runs
/// to be handed back, and for its word that it has gone. With the grace that is all that a stop takes.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Between a heartbeat that failed and the next try.
const BEAT_AGAIN: Duration = Duration::from_secs(1);

/// A pool of workers in this process.
pub struct Pool {
    pub(super) id: WorkerId,
    pub(super) store: Store,
    pub(super) providers: Providers,
    pub(super) settings: PoolSettings,
    pub(super) jitter: Jitter,
    pub(super) longest: Duration,
    pub(super) held: Arc<Held>,
    pub(super) begun: Option<UnboundedSender<Begun>>,
}

/// A run that a pool has begun to work on, and when: its start was committed by then.
pub type Begun = (RunId, Instant);

impl Pool {
    /// A pool over the services' database, talking to a provider.
    pub fn new(
        services: &Services,
        client: Arc<dyn GraphClient>,
        endpoints: Endpoints,
        settings: PoolSettings,
    ) -> Self {
        Self {
            id: WorkerId::from_uuid(uuid::Uuid::now_v7()),
            store: services.store.clone(),
            providers: Providers {
                client,
                endpoints,
                key: Arc::clone(&services.key),
                approval_wait: APPROVAL_WAIT,
                creation_wait: CREATION_WAIT,
            },
            settings,
            jitter: Jitter::Random,
            longest: LONGEST_RUN,
            held: Arc::default(),
            begun: None,
        }
    }

    /// The same, and tells of each run that it begins.
    #[must_use]
    pub fn telling(mut self, begun: UnboundedSender<Begun>) -> Self {
        self.begun = Some(begun);
        self
    }

    /// The same with another chance in the pauses between tries.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// The same with another patience for changes that have to be approved in the tenant.
    #[must_use]
    pub fn with_approval_wait(mut self, wait: Duration) -> Self {
        self.providers.approval_wait = wait;
        self
    }

    /// The same with another patience for objects that were made while the answer was lost.
    #[must_use]
    pub fn with_creation_wait(mut self, wait: Duration) -> Self {
        self.providers.creation_wait = wait;
        self
    }

    /// The same with another limit on how long a run may take.
    #[must_use]
    pub fn with_longest_run(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// The same with another lease, or other limits of a tenant and of a connection.
    #[must_use]
    pub fn with_queue(mut self, queue: QueueSettings) -> Self {
        self.store = self.store.with_queue(queue);
        self
    }

    const fn queue(&self) -> &QueueSettings {
        self.store.queue_settings()
    }

    /// Until when a lease certainly holds that was asked for at a moment.
    pub(super) fn holds_until(&self, asked: Instant) -> Instant {
        asked + self.queue().certain()
    }

    /// Under which id it holds runs.
    pub const fn id(&self) -> WorkerId {
        self.id
    }

    fn jobs(&self) -> Jobs {
        Jobs::new(self.store.clone(), self.settings.workers)
    }

    /// Works until `stop` turns true, then finishes or hands back what it holds.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        if self.settings.workers == 0 {
            let _ = stop.wait_for(|stopped| *stopped).await;
            return;
        }
        tracing::info!(worker.id = %self.id, workers = self.settings.workers, "worker {} claims runs", self.id);
        let mut jobs = self.jobs();
        // A claim under way is let come to its end: broken off while it commits, it would start runs that nobody
        // knows of, after all others were handed back.
        let claims = stop.clone();
        let claims_end = async {
            let _ = stop.wait_for(|stopped| *stopped).await;
            sleep(LAST_WORDS).await;
        };
        tokio::select! {
            () = self.claim_until(claims, &mut jobs) => {}
            () = self.keep_leases() => {}
            () = self.sweep() => {}
            () = Scheduler::new(&self.store).run() => {}
            () = self.be_known() => {}
            () = self.store.hear_hints() => {}
            () = claims_end => {}
        }
        self.wind_down(jobs).await;
        let gone = self.store.worker_gone(self.id);
        if let Some(why) = unsaid(timeout(LAST_WORDS, gone).await) {
            tracing::warn!(
                error = why,
                "could not say that this worker has stopped; its silence says so"
            );
        }
    }

    /// Works until no run waits and none is under way; answers how many were decided about.
    ///
    /// # Errors
    /// When the database does not answer; runs under way are then handed back.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        if self.settings.workers == 0 {
            return Ok(0);
        }
        let mut jobs = self.jobs();
        let drained = tokio::select! {
            drained = self.claim_all(&mut jobs) => drained,
            () = self.keep_leases() => Ok(0),
        };
        self.wind_down(jobs).await;
        drained
    }

    async fn keep_leases(&self) {
        let mut tick = interval(self.queue().heartbeat());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut bell = self.store.cancel_bell();
        loop {
            // Between two ticks when somebody in this process wants a run ended.
            tokio::select! { _ = tick.tick() => {} Ok(()) = bell.changed() => {} }
            let keys = self.held.keys();
            let asked = Instant::now();
            match self.store.lease_renew(self.id, &keys).await {
                Ok(leases) => {
                    self.held.renew(&leases.kept, self.holds_until(asked));
                    let is_lost = |key: &RunKey| !leases.kept.contains(key);
                    let lost: Vec<_> = keys.into_iter().filter(is_lost).collect();
                    self.held.stop(&lost);
                    self.held.cancel(&leases.cancelled);
                }
                Err(error) => {
                    tracing::warn!(error = %error.with_causes(), "heartbeat failed; trying again");
                    // Not only with the next beat: two that fail are a lease that is over.
                    tick.reset_after(BEAT_AGAIN);
                }
            }
        }
    }

    /// Leaves word with every beat that this process is there.
    async fn be_known(&self) {
        let card = WorkerCard {
            id: self.id,
            host: host::name(),
            slots: i64::try_from(self.settings.workers).unwrap_or(i64::MAX),
        };
        let mut tick = interval(self.queue().heartbeat());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.store.worker_seen(&card).await {
                tracing::warn!(error = %error.with_causes(), "could not say that this worker is there; trying again");
            }
        }
    }

    async fn sweep(&self) {
        let mut tick = interval(self.queue().sweep());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watch = LeaseWatch::default();
        let mut said = Said::default();
        loop {
            tick.tick().await;
            let rescued = match self.store.runs_rescue(&mut watch, Instant::now()).await {
                Ok(rescued) => rescued,
                Err(error) => {
                    tracing::warn!(error = %error.with_causes(), "sweep failed; trying again");
                    // Who was silent because the database was away renews its leases first.
                    watch = LeaseWatch::default();
                    continue;
                }
            };
            let Rescued { taken, faults } = rescued;
            if taken > 0 {
                tracing::warn!(taken, "took {taken} runs from silent workers");
            }
            let faults = faults
                .iter()
                .map(|(run, error)| format!("run {run}: {}", error.with_causes()));
            for fault in said.news(faults) {
                tracing::error!(
                    error = fault,
                    "could not take a run from its silent worker; trying again"
                );
            }
        }
    }

    async fn wind_down(&self, mut jobs: Jobs) {
        // What waits for other runs has no slot, and would wait for as long as they do: it goes back at once.
        let slots = u32::try_from(self.settings.workers).unwrap_or(u32::MAX);
        let finished = timeout(self.settings.grace, jobs.slots.acquire_many(slots));
        // A grace longer than a lease must not let others take what is still being finished.
        tokio::select! {
            _ = finished => {}
            () = self.keep_leases() => {}
        }
        jobs.running.shutdown().await;
        jobs.close(LAST_WORDS).await;
        // Also what was started in the database, but not yet here, when the pool was stopped.
        let handed_back = timeout(LAST_WORDS, self.store.runs_hand_back(self.id)).await;
        if let Ok(Ok(runs @ 1..)) = handed_back {
            tracing::info!("handed {runs} runs back to the queue");
        }
        if let Some(why) = unsaid(handed_back) {
            tracing::warn!(
                error = why,
                "could not hand runs back; their leases run out"
            );
        }
    }
}

/// Why something was not told to the database, if it was not.
fn unsaid<T>(told: Result<Result<T, StoreError>, Elapsed>) -> Option<String> {
    match told {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.with_causes()),
        Err(_) => Some(format!("no answer within {} s", LAST_WORDS.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is promised of a death: another process has started its runs again.
    const PROMISED: Duration = Duration::from_secs(45);

    #[test]
    fn r10_the_default_settings_keep_what_is_promised_of_a_death() {
        let queue = QueueSettings::default();
        let started_within = queue.rescue_within() + PoolSettings::POLL;
        assert!(started_within <= PROMISED, "{started_within:?}");
        // Who is alive misses two beats before anybody may think otherwise.
        assert!(queue.heartbeat() * 2 <= queue.certain());
        assert!(queue.certain() + queue.sweep() <= queue.lease);
    }
}
