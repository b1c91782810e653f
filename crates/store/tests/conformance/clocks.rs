//! What a clock that is set does to leases: nothing to who beats, and little to who is dead.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    ids::WorkerId,
    operation::OperationType::InventorySync,
    retry::{Chance, RetryPolicy},
    summary::SummaryCounts,
    time::{HOUR, MINUTE, SECOND},
};
use policy::Running;
use store::{
    Again, Failure, LeaseWatch, Retrying, RunEnd, WorkedOutcome, WorkerCard,
    conformance::with_clock,
};

use crate::{
    database::Database,
    world::{World, accepted, worker},
};

/// A worker with one run and a sweeper in another process, by clocks that the test moves.
struct Play<'a> {
    world: &'a World,
    worker: WorkerId,
    running: Running,
    watch: LeaseWatch,
    begun: Instant,
    /// How far the database's clock was set, in microseconds.
    jumped: i64,
}

impl<'a> Play<'a> {
    async fn begin(world: &'a World) -> Self {
        accepted(world.ask(&world.owner, InventorySync).await);
        let worker = worker();
        let mut started = world.store.runs_start(worker, 1).await.unwrap();
        Self {
            world,
            worker,
            running: started.running.remove(0),
            watch: LeaseWatch::default(),
            begun: Instant::now(),
            jumped: 0,
        }
    }

    /// The database's clock after so much time, ahead of the one of this machine.
    fn clock(&self, passed: Duration) -> i64 {
        i64::try_from(passed.as_micros()).unwrap() + self.jumped
    }

    /// Whether the worker still has its run as it beats.
    async fn beat(&self, passed: Duration) -> bool {
        let key = self.running.key();
        let held = [key];
        let beating = self.world.store.lease_renew(self.worker, &held);
        let leases = with_clock(self.clock(passed), beating).await.unwrap();
        leases.kept == [key]
    }

    /// How many runs the sweeper takes.
    async fn look(&mut self, passed: Duration) -> usize {
        let (clock, at) = (self.clock(passed), self.begun + passed);
        let looking = self.world.store.runs_rescue(&mut self.watch, at);
        with_clock(clock, looking).await.unwrap().taken
    }

    /// Beats and looks by the settings as they are, until a death, and then looks alone; answers how long after
    /// the death the run was queued again.
    async fn until_taken(&mut self, death: Duration, jump: (Duration, i64)) -> Duration {
        let settings = *self.world.store.queue_settings();
        let step = Duration::from_secs(1);
        let (mut beat, mut look) = (Duration::ZERO, Duration::ZERO);
        let mut passed = Duration::ZERO;
        while passed < death + 10 * settings.lease {
            if passed == jump.0 {
                self.jumped += jump.1;
            }
            if passed >= beat && passed < death {
                assert!(self.beat(passed).await, "alive at {passed:?}, {jump:?}");
                beat += settings.heartbeat();
            }
            if passed >= look {
                let taken = self.look(passed).await;
                assert!(
                    passed >= death || taken == 0,
                    "taken at {passed:?}, {jump:?}"
                );
                if taken == 1 {
                    return passed - death;
                }
                look += settings.sweep();
            }
            passed += step;
        }
        panic!("nobody took the run of a worker that died at {death:?}, {jump:?}");
    }
}

/// Starts the run again by the clock as it was set last, ends it, and so leaves the tenant free.
async fn ended(world: &World, clock: i64) {
    let mut started = with_clock(clock, world.store.runs_start(worker(), 1))
        .await
        .unwrap();
    let again = started.running.remove(0);
    assert_eq!(again.key().attempt, 2);
    with_clock(clock, world.succeed(again)).await;
}

pub async fn r10_a_death_is_seen_within_45_s_with_the_settings_as_they_are(db: Arc<Database>) {
    let world = World::new(&db).await;
    let settings = *world.store.queue_settings();
    assert_eq!(settings, store::QueueSettings::default());
    let within = settings.rescue_within();
    assert!(within < Duration::from_secs(45), "{within:?}");
    for death in [1, 9, 11, 34].map(Duration::from_secs) {
        let mut play = Play::begin(&world).await;
        let taken = play.until_taken(death, (Duration::ZERO, 0)).await;
        // No jump, so the lease alone and one sweep.
        assert!(
            taken <= settings.lease + settings.sweep(),
            "{death:?}: {taken:?}"
        );
        let clock = play.clock(death + taken);
        ended(&world, clock).await;
    }
}

pub async fn r10_a_clock_that_is_set_delays_no_rescue_beyond_its_bound(db: Arc<Database>) {
    let world = World::new(&db).await;
    let within = world.store.queue_settings().rescue_within();
    let death = Duration::from_secs(31);
    for by in [HOUR, -HOUR, 20 * SECOND, -20 * SECOND] {
        // Just before the last beat, just after the death, and when the lease was nearly over.
        for at in [30, 31, 59].map(Duration::from_secs) {
            let mut play = Play::begin(&world).await;
            let taken = play.until_taken(death, (at, by)).await;
            assert!(taken <= within, "{by} at {at:?}: {taken:?}");
            let clock = play.clock(death + taken);
            ended(&world, clock).await;
        }
    }
}

pub async fn r10_a_clock_that_is_set_takes_no_run_from_who_is_alive(db: Arc<Database>) {
    let world = World::new(&db).await;
    for by in [HOUR, -HOUR, MINUTE, -MINUTE] {
        let mut play = Play::begin(&world).await;
        let run = play.running.key().run_id;
        // Each second between two beats, and the looks fall on all of them.
        for at in (40..50).map(Duration::from_secs) {
            play.jumped = 0;
            play.watch = LeaseWatch::default();
            let settings = *world.store.queue_settings();
            let (mut beat, mut look) = (Duration::ZERO, Duration::ZERO);
            for passed in (0..90).map(Duration::from_secs) {
                if passed == at {
                    play.jumped = by;
                }
                if passed >= look {
                    assert_eq!(play.look(passed).await, 0, "{by} at {at:?}, {passed:?}");
                    look += settings.sweep();
                }
                if passed >= beat {
                    assert!(play.beat(passed).await);
                    beat += settings.heartbeat();
                }
            }
        }
        assert_eq!(world.audited("run.rescued", run).await, 0);
        let clock = play.clock(Duration::from_secs(90));
        with_clock(clock, world.succeed(play.running)).await;
    }
}

pub async fn r10_who_has_just_come_gives_everybody_time_to_beat(db: Arc<Database>) {
    let world = World::new(&db).await;
    let settings = *world.store.queue_settings();
    let mut play = Play::begin(&world).await;
    // The clock went ahead before anybody looked on, and the lease seems long over.
    play.jumped = HOUR;
    assert_eq!(play.look(Duration::ZERO).await, 0);
    assert_eq!(play.look(settings.sweep()).await, 0);
    assert!(play.beat(settings.heartbeat()).await);
    for sweeps in 2..6 {
        assert_eq!(play.look(settings.sweep() * sweeps).await, 0);
    }
    // From here on it is silent: the bound counts from the last beat.
    let mut passed = settings.sweep() * 6;
    while play.look(passed).await == 0 {
        passed += settings.sweep();
        assert!(passed <= settings.heartbeat() + settings.rescue_within());
    }
}

pub async fn r10_runs_that_a_clock_put_off_are_set_right(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    let second = world.another_tenant("Second tenant").await;
    // Queued an hour ahead, one fresh and one between two tries; then the clock is right again.
    let fresh = async {
        accepted(world.ask(&world.owner, InventorySync).await);
        accepted(world.ask_in(&world.owner, &second, InventorySync).await);
        store
            .runs_start(worker(), 1)
            .await
            .unwrap()
            .running
            .remove(0)
    };
    let tried = with_clock(HOUR, fresh).await;
    let again = Again {
        policy: RetryPolicy::PATIENT,
        chance: Chance(0),
        stated_wait: None,
    };
    let failed = RunEnd {
        outcome: WorkedOutcome::Failed,
        counts: SummaryCounts::default(),
        failures: vec![Failure {
            code: "test".to_owned(),
            reason_code: "provider_throttled".to_owned(),
            message: String::new(),
            stated_wait: None,
        }],
    };
    let retried = with_clock(HOUR, store.runs_retry(&[(&tried, &failed, again)])).await;
    assert_eq!(retried.unwrap(), [Retrying::Scheduled]);
    let start = async || store.runs_start(worker(), 10).await.unwrap().running;
    assert!(start().await.is_empty(), "both are for an hour from now");
    assert_eq!(store.queue_realign().await.unwrap(), 2);
    assert_eq!(store.queue_realign().await.unwrap(), 0);
    let running = start().await;
    assert_eq!(running.len(), 2);
    // A pause that the provider asked for is none of that.
    let patient = Again {
        stated_wait: Some(4 * MINUTE),
        ..again
    };
    let retried = store.runs_retry(&[(&running[0], &failed, patient)]).await;
    assert_eq!(retried.unwrap(), [Retrying::Scheduled]);
    assert_eq!(store.queue_realign().await.unwrap(), 0);
}

pub async fn a_worker_seen_in_the_future_is_taken_for_gone_until_it_beats(db: Arc<Database>) {
    let store = &db.store;
    let card = WorkerCard {
        id: worker(),
        host: "one".to_owned(),
        slots: 1,
    };
    let is_alive = async || store.workers().await.unwrap()[0].is_alive;
    with_clock(HOUR, store.worker_seen(&card)).await.unwrap();
    assert!(with_clock(HOUR, is_alive()).await);
    assert!(!is_alive().await, "nobody has heard of it by this clock");
    store.worker_seen(&card).await.unwrap();
    assert!(is_alive().await);
}

pub async fn r10_what_is_renewed_between_look_and_grasp_is_kept(db: Arc<Database>) {
    let world = World::new(&db).await;
    let settings = *world.store.queue_settings();
    let mut play = Play::begin(&world).await;
    let run = play.running.key().run_id;
    world.expire(run).await;
    assert_eq!(play.look(Duration::ZERO).await, 0);
    assert_eq!(play.look(settings.certain() / 2).await, 0);
    let other = db.another_store().await;
    let (key, holder) = (play.running.key(), play.worker);
    let renew: store::conformance::Border = Arc::new(move |statement| {
        let other = other.clone();
        Box::pin(async move {
            // The sweeper has read all leases, and is about to take this one.
            if statement == "begin" {
                // In a task of its own: what it does is no part of the sweep.
                let beat = tokio::spawn(async move { other.lease_renew(holder, &[key]).await });
                assert_eq!(beat.await.unwrap().unwrap().kept, [key]);
            }
        })
    });
    let late = play.begun + settings.certain();
    let looking = world.store.runs_rescue(&mut play.watch, late);
    let taken = store::conformance::with_border(renew, looking).await;
    assert_eq!(taken.unwrap().taken, 0);
    assert_eq!(world.audited("run.rescued", run).await, 0);
    world.succeed(play.running).await;
}
