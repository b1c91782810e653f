//! Runs that are cancelled, tried again by themselves, or given up, with real workers and a real provider.

use std::{sync::Arc, time::Duration};

use domain::{
    capability::Role,
    error::ApiError,
    ids::{RunId, WorkerId},
    run::{DecisionPhase, RunOutcome},
    summary::CountKey,
    time::SECOND,
    views::{OperationsQuery, PastAttempt},
    waiting::WaitingFor,
};
use graph::ClientSettings;
use graph_sandbox::{Fault, FaultKind};
use operations::{MasterKey, Passwords, Pool, PoolSettings, Scope, Services};
use store::{QueueSettings, RunEnd, Store, WorkedOutcome};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use crate::{
    play::on_both,
    world::{CHECK, SETTINGS, SYNC, World, changed, patience, until},
};

on_both! {
    a_queued_run_is_cancelled_by_who_may_start_it,
    a_running_run_stops_at_its_next_wait_and_keeps_what_it_did,
    a_cancel_from_another_process_comes_with_the_heartbeat,
    r03_a_worker_hears_of_a_cancel_elsewhere_while_its_call_hangs,
    what_is_over_cannot_be_cancelled,
    l08_a_throttled_sync_waits_as_asked_and_goes_on_with_the_rest,
    l08_the_last_try_ends_with_the_last_reason,
    l08_a_failure_that_stays_is_tried_once,
    l08_a_check_is_tried_again_after_an_outage,
    a_waiting_run_is_cancelled_and_never_tried_again,
    a_handler_that_never_returns_is_ended,
    r10_a_run_that_kills_its_workers_says_so,
}

async fn word(world: &World, run: RunId) -> &'static str {
    world.view(run).await.state.word()
}

async fn over(world: &World, run: RunId) -> bool {
    world.view(run).await.state.is_over()
}

/// A pool at work, until it is told to stop.
struct Working {
    stop: watch::Sender<bool>,
    pool: JoinHandle<()>,
}

impl Working {
    fn new(pool: Pool) -> Self {
        let (stop, stopped) = watch::channel(false);
        let pool = tokio::spawn(pool.run(stopped));
        Self { stop, pool }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.pool.await.unwrap();
    }
}

fn steps(view: &domain::views::RunView) -> Vec<&str> {
    view.timeline.iter().map(|step| &*step.label).collect()
}

async fn a_queued_run_is_cancelled_by_who_may_start_it(world: Arc<World>) {
    let services = &world.services;
    let dana = world.operator("dana").await;
    let ravi = world
        .person("ravi", Role::Readonly, Some(Role::Readonly))
        .await;
    let run = world.ask(&dana, 0, CHECK).await;
    let id = run.to_string();
    // Who may only look is told so, on the page and when asking all the same.
    let seen = world.seen_by(&ravi, run).await;
    let why = seen.follow_ups.cancel.unwrap().disabled_because.unwrap();
    assert!(why.contains("Run provider operations"));
    let refused = services.cancel(&ravi, &id).await;
    let capability = "Run provider operations".to_owned();
    assert_eq!(refused.unwrap_err(), ApiError::Forbidden { capability });
    let (outsider, _) = world.other_workspace().await;
    for unknown in [&id, "nonsense", &Uuid::now_v7().to_string()] {
        let hidden = services.cancel(&outsider, unknown).await;
        assert_eq!(hidden.unwrap_err(), ApiError::NotFound);
    }
    assert_eq!(word(&world, run).await, "queued");

    let offered = world.view(run).await.follow_ups.cancel.unwrap();
    assert!(offered.disabled_because.is_none());
    assert_eq!(services.cancel(&world.owner, &id).await.unwrap(), run);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert_eq!(view.cancel_asked.as_ref().unwrap().by, "Olivia");
    assert!(view.follow_ups.cancel.is_none());
    assert!(view.started_at.is_none());
    assert_eq!(
        steps(&view),
        [
            "Requested",
            "Olivia asked for its end",
            "Cancelled by Olivia"
        ]
    );
    assert_eq!(world.told(&dana, run).await, 1);
    assert_eq!(world.told(&world.owner, run).await, 0);
    assert_eq!(world.pool().drain().await.unwrap(), 0);
    assert!(world.asked_for(run).is_empty());
    // It may be started again, as any run that only reads.
    let again = services.retry(&dana, &id).await.unwrap();
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    assert_eq!(word(&world, again.run_id).await, "succeeded");
}

/// Starts a sync that hangs at its second kind of object.
async fn hanging(world: &World, scope: &Scope) -> RunId {
    world.break_for(0, "/deviceManagement/deviceConfigurations", FaultKind::Hang);
    let run = world.ask(scope, 0, SYNC).await;
    let hangs = || async {
        let asked = world.asked_for(run);
        asked
            .iter()
            .any(|entry| entry.path.ends_with("/deviceConfigurations"))
    };
    until("the call that hangs", hangs).await;
    run
}

async fn a_running_run_stops_at_its_next_wait_and_keeps_what_it_did(world: Arc<World>) {
    let working = Working::new(world.pool());
    let run = hanging(&world, &world.owner).await;
    let id = run.to_string();
    assert_eq!(world.services.cancel(&world.owner, &id).await.unwrap(), run);
    // Asking again is no error, and nothing more.
    let again = world.services.cancel(&world.owner, &id).await;
    assert!(
        again.is_ok() || matches!(again, Err(ApiError::Conflict { .. })),
        "{again:?}"
    );
    until("the end", || over(&world, run)).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert!(view.failures.is_empty());
    let items: Vec<_> = view
        .items
        .iter()
        .map(|it| (&*it.key, &*it.outcome))
        .collect();
    assert_eq!(items[0], ("groups", "succeeded"));
    assert!(
        view.counts
            .iter()
            .any(|(label, n)| label == "Succeeded" && *n == 1)
    );
    assert_eq!(*steps(&view).last().unwrap(), "Cancelled by Olivia");
    assert_eq!(world.told(&world.owner, run).await, 1);
    // Its slot and its connection are free again.
    world.sandbox.faults().clear();
    let next = world.ask(&world.owner, 0, SYNC).await;
    until("the next run", || over(&world, next)).await;
    assert_eq!(word(&world, next).await, "succeeded");
    working.stop().await;
}

async fn a_cancel_from_another_process_comes_with_the_heartbeat(world: Arc<World>) {
    let silent = WorkerId::from_uuid(Uuid::now_v7());
    let store = world.services.store();
    let run = world.ask(&world.owner, 0, SYNC).await;
    let running = store.runs_start(silent, 1).await.unwrap().running.remove(0);
    let id = run.to_string();
    world.services.cancel(&world.owner, &id).await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.word(), "running");
    assert_eq!(view.cancel_asked.as_ref().unwrap().by, "Olivia");
    assert!(view.follow_ups.cancel.is_none(), "it is asked for already");
    let leases = store.lease_renew(silent, &[running.key()]).await.unwrap();
    assert_eq!(leases.cancelled, [running.key()]);
    // The worker stops before it could do it: the run is not begun anew.
    assert_eq!(store.runs_hand_back(silent).await.unwrap(), 1);
    assert_eq!(word(&world, run).await, "cancelled");
    assert_eq!(world.pool().drain().await.unwrap(), 0);
}

async fn r03_a_worker_hears_of_a_cancel_elsewhere_while_its_call_hangs(world: Arc<World>) {
    // The call would hang for longer than anybody here waits, so it is not its end that ends the run.
    let client = ClientSettings {
        header_timeout: Duration::from_secs(600),
        ..patience()
    };
    let queue = QueueSettings {
        lease: Duration::from_secs(6),
        ..QueueSettings::default()
    };
    let pool = world.pool_with(client, SETTINGS).with_queue(queue);
    let working = Working::new(pool);
    let run = hanging(&world, &world.owner).await;
    // What rings in that process rings nobody here.
    let store = Store::open(&world.url).await.unwrap();
    let elsewhere = Services::new(store, Passwords::new().unwrap(), MasterKey::of([7; 32]));
    let asked = elsewhere.cancel(&world.owner, &run.to_string()).await;
    assert_eq!(asked.unwrap(), run);
    until("the end", || over(&world, run)).await;
    assert_eq!(word(&world, run).await, "cancelled");
    world.sandbox.faults().clear();
    working.stop().await;
    elsewhere.store().close().await;
}

async fn what_is_over_cannot_be_cancelled(world: Arc<World>) {
    let run = world.work(0, CHECK).await.id;
    let refused = world.services.cancel(&world.owner, &run.to_string()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.status(), 409);
    assert_eq!(refused.to_string(), "This run is already over.");
    assert_eq!(word(&world, run).await, "succeeded");
    assert_eq!(world.told(&world.owner, run).await, 1);
}

/// Throttles one kind of object a few times.
fn throttle(world: &World, route: &str, times: u64, retry_after: &str) {
    let mut fault = Fault::everywhere(FaultKind::Status {
        status: 429,
        retry_after: Some(retry_after.to_owned()),
    });
    fault.route = Some(route.to_owned());
    fault.count = Some(times);
    world.sandbox.faults().add(fault).unwrap();
}

async fn l08_a_throttled_sync_waits_as_asked_and_goes_on_with_the_rest(world: Arc<World>) {
    // Longer than one call waits, so the run has to.
    throttle(&world, "/deviceManagement/deviceConfigurations", 1, "4");
    let run = world.ask(&world.owner, 0, SYNC).await;
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    let waiting = world.view(run).await;
    assert_eq!((waiting.state.word(), waiting.attempt), ("queued", 2));
    let next = waiting.next_try.clone().unwrap();
    assert_eq!((next.number, next.of), (2, 4));
    assert_eq!(next.reason_code, "provider_throttled");
    assert_eq!(next.why, "the provider asks to wait 4 s");
    let failed_at = waiting.timeline.last().unwrap();
    assert_eq!(
        failed_at.label,
        "Attempt 1 failed: the provider asks to wait 4 s"
    );
    assert_eq!(next.at.since(failed_at.at), 4 * SECOND);
    assert_eq!(world.told(&world.owner, run).await, 0, "not over");
    // What there is to see is what the first attempt did, and the list calls nothing of it progress.
    assert_eq!(waiting.done_by, Some(PastAttempt(1)));
    assert!(!waiting.items.is_empty() && waiting.progress.is_some());
    let first = waiting.waiting.clone().unwrap();
    assert_eq!(
        first.word,
        WaitingFor::Later.as_str(),
        "no worker is there, and none is needed yet"
    );
    let query = OperationsQuery::default();
    let list = world.services.operations_page(&world.owner, &query, None);
    let row = changed(list.await).rows.remove(0);
    assert_eq!(
        (row.id, row.progress, row.waiting),
        (run, None, Some(WaitingFor::Later))
    );
    let asked = world.asked_for(run).len();
    assert_eq!(
        world.pool().drain().await.unwrap(),
        0,
        "not before its time"
    );

    let working = Working::new(world.pool());
    until("the second try", || over(&world, run)).await;
    working.stop().await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert!(view.next_try.is_none() && view.failures.is_empty());
    assert_eq!(view.done_by, None);
    let phases: Vec<_> = view.decisions.iter().map(|d| &*d.phase).collect();
    let (start, rescue) = (DecisionPhase::Start, DecisionPhase::Rescue);
    assert_eq!(phases, [rescue.as_str(), start.as_str()]);
    // What was done is not asked for again.
    let later = world.asked_for(run).split_off(asked);
    let paths: Vec<_> = later.iter().map(|entry| &*entry.path).collect();
    assert!(
        paths
            .iter()
            .any(|path| path.ends_with("/deviceConfigurations")),
        "{paths:?}"
    );
    assert!(!paths.contains(&"/v1.0/groups"), "{paths:?}");
    let count = |key: CountKey| {
        let found = view.counts.iter().find(|(label, _)| label == key.label());
        found.map(|(_, n)| *n)
    };
    let all = view.items.len() as u64;
    let done = count(CountKey::Succeeded).unwrap() + count(CountKey::Skipped).unwrap_or(0);
    assert_eq!((count(CountKey::Processed), done), (Some(all), all));
    let objects: i64 = view.items.iter().filter_map(|item| item.objects).sum();
    assert_eq!(count(CountKey::Objects), u64::try_from(objects).ok());
    assert_eq!(world.told(&world.owner, run).await, 1);
}

async fn l08_the_last_try_ends_with_the_last_reason(world: Arc<World>) {
    world.break_for(0, "", FaultKind::Reset);
    let run = world.ask(&world.owner, 0, CHECK).await;
    assert_eq!(world.pool().drain().await.unwrap(), 3, "three tries");
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.attempt, 3);
    assert_eq!(view.failures[0].reason_code, "provider_unreachable");
    assert_eq!(world.told(&world.owner, run).await, 1);
    let failed = steps(&view)
        .iter()
        .filter(|step| step.contains("failed: the provider could not be reached"))
        .count();
    assert_eq!(failed, 2);
    // A wait that no run makes ends it at once.
    world.sandbox.faults().clear();
    throttle(&world, "/organization", 9, "600");
    let run = world.ask(&world.owner, 0, CHECK).await;
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "provider_throttled");
    assert_eq!(view.attempt, 1);
}

async fn l08_a_failure_that_stays_is_tried_once(world: Arc<World>) {
    for fault in [FaultKind::WrongSecret, FaultKind::InvalidJson] {
        world.sandbox.faults().clear();
        world.break_for(0, "", fault);
        let run = world.ask(&world.owner, 0, SYNC).await;
        assert_eq!(world.pool().drain().await.unwrap(), 1);
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Failed);
        assert_eq!(view.attempt, 1);
    }
}

async fn l08_a_check_is_tried_again_after_an_outage(world: Arc<World>) {
    let mut fault = Fault::everywhere(FaultKind::Reset);
    fault.route = Some("/organization".to_owned());
    fault.count = Some(1);
    world.sandbox.faults().add(fault).unwrap();
    let run = world.ask(&world.owner, 0, CHECK).await;
    assert_eq!(world.pool().drain().await.unwrap(), 2);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(view.attempt, 2);
    let report = view.report.unwrap();
    assert_eq!(report.counts.fail, 0, "the report is the last try's");
}

async fn a_waiting_run_is_cancelled_and_never_tried_again(world: Arc<World>) {
    throttle(&world, "/deviceManagement/deviceConfigurations", 9, "60");
    let run = world.ask(&world.owner, 0, SYNC).await;
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    assert!(world.view(run).await.next_try.is_some());
    let id = run.to_string();
    world.services.cancel(&world.owner, &id).await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert!(view.next_try.is_none());
    assert!(view.items.iter().any(|item| item.outcome == "succeeded"));
    assert_eq!(world.told(&world.owner, run).await, 1);
    assert_eq!(world.pool().drain().await.unwrap(), 0);
}

async fn a_handler_that_never_returns_is_ended(world: Arc<World>) {
    let one_slot = PoolSettings {
        workers: 1,
        ..SETTINGS
    };
    let pool = world.pool_with(patience(), one_slot);
    let working = Working::new(pool.with_longest_run(Duration::from_millis(400)));
    let run = hanging(&world, &world.owner).await;
    until("the limit", || over(&world, run)).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "timed_out");
    assert_eq!(view.attempt, 2, "one more try of a run that only reads");
    assert_eq!(world.told(&world.owner, run).await, 1);
    working.stop().await;
    // The slot was given back, and the tenant takes the next one.
    world.sandbox.faults().clear();
    assert_eq!(
        world.work(0, CHECK).await.state.outcome,
        RunOutcome::Succeeded
    );
}

async fn r10_a_run_that_kills_its_workers_says_so(world: Arc<World>) {
    let store = world.services.store();
    let run = world.ask(&world.owner, 0, SYNC).await;
    for _ in 0..=store::RESCUES_MOST {
        let silent = WorkerId::from_uuid(Uuid::now_v7());
        let running = store.runs_start(silent, 1).await.unwrap().running.remove(0);
        store::conformance::lease_expire(store, running.key().run_id)
            .await
            .unwrap();
        assert_eq!(store::conformance::rescue(store).await.unwrap(), 1);
        let end = RunEnd {
            outcome: WorkedOutcome::Succeeded,
            counts: Default::default(),
            failures: Vec::new(),
        };
        assert!(store.run_finish(&running, &end).await.is_err());
    }
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "worker_lost");
    assert!(view.failures[0].message.contains("4 times"));
    let lost = steps(&view)
        .iter()
        .filter(|step| step.ends_with("fell silent"))
        .count();
    assert_eq!(lost, 4);
    assert_eq!(world.told(&world.owner, run).await, 1);
    // A person may try it again.
    assert!(view.follow_ups.retry.unwrap().disabled_because.is_none());
}
