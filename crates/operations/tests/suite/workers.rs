//! The pool: stopping, handing back, lost leases, and many runs at once (L-08).

use std::{sync::Arc, time::Duration};

use domain::{ids::WorkerId, operation::OperationType, run::RunOutcome};
use graph::{
    Answered, Ask, CallContext, ClientSettings, Connection, Contract, Delta, DeltaFrom,
    GraphClient, GraphError, GraphFuture, Organization, Page, PageCursor,
};
use graph_sandbox::{Fault, FaultKind};
use operations::{Pool, PoolSettings};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    play::on_both,
    world::{CHECK, SETTINGS, SYNC, World, patience, until},
    writes::laboratory,
};

on_both! {
    a_pool_takes_what_is_queued_and_stops_when_told,
    l08_a_stopping_pool_hands_its_runs_back_and_they_are_decided_again,
    l08_a_handed_back_run_meets_the_revocation,
    a_pool_without_workers_leaves_the_queue_alone,
    a_worker_that_lost_its_run_changes_nothing,
    two_pools_share_the_queue,
    l04_a_deep_queue_of_many_tenants_is_worked_off_once,
    a_pool_can_take_over_from_itself,
    a_handler_that_panics_fails_its_run_and_nothing_else,
    one_end_that_is_refused_takes_no_other_with_it,
}

async fn over(world: &World, run: domain::ids::RunId) -> bool {
    world.view(run).await.state.is_over()
}

async fn a_pool_takes_what_is_queued_and_stops_when_told(world: Arc<World>) {
    let (stop, stopped) = watch::channel(false);
    let before = world.ask(&world.owner, 0, CHECK).await;
    let pool = tokio::spawn(world.pool().run(stopped));
    until("the run that waited", || over(&world, before)).await;
    // Queued while the pool runs: the bell rings for it.
    let after = world.ask(&world.owner, 1, CHECK).await;
    until("the run that came later", || over(&world, after)).await;
    stop.send(true).unwrap();
    pool.await.unwrap();
    let late = world.ask(&world.owner, 0, CHECK).await;
    assert_eq!(world.view(late).await.state.word(), "queued");
    for run in [before, after] {
        assert_eq!(world.view(run).await.state.outcome, RunOutcome::Succeeded);
    }
}

/// Starts a run that hangs at the provider, and stops its pool without grace.
async fn hand_back(world: &World, operator: &operations::Scope) -> domain::ids::RunId {
    let impatient = PoolSettings {
        grace: Duration::ZERO,
        ..SETTINGS
    };
    world.break_for(0, "/groups", FaultKind::Hang);
    let run = world.ask(operator, 0, SYNC).await;
    let (stop, stopped) = watch::channel(false);
    let pool = tokio::spawn(world.pool_with(patience(), impatient).run(stopped));
    let hangs = || async {
        let asked = world.asked_for(run);
        asked.iter().any(|entry| entry.path == "/v1.0/groups")
    };
    until("the call that hangs", hangs).await;
    assert_eq!(world.view(run).await.state.word(), "running");
    stop.send(true).unwrap();
    pool.await.unwrap();
    world.sandbox.faults().clear();
    run
}

async fn l08_a_stopping_pool_hands_its_runs_back_and_they_are_decided_again(world: Arc<World>) {
    let run = hand_back(&world, &world.owner).await;
    let view = world.view(run).await;
    assert_eq!((view.state.word(), view.attempt), ("queued", 2));
    assert_eq!(world.pool().drain().await.unwrap(), 1);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    let decided: Vec<_> = view
        .decisions
        .iter()
        .map(|d| (d.attempt, &*d.phase, d.allowed))
        .collect();
    assert_eq!(decided, [(2, "rescue", true), (1, "start", true)]);
    assert_eq!(
        view.started_at,
        view.timeline
            .iter()
            .find(|s| s.label == "Started")
            .map(|s| s.at)
    );
    assert_eq!(
        world.told(&world.owner, run).await,
        1,
        "one notification, two attempts"
    );
}

async fn l08_a_handed_back_run_meets_the_revocation(world: Arc<World>) {
    let dana = world.operator("dana").await;
    let run = hand_back(&world, &dana).await;
    let calls = world.asked_for(run).len();
    let (tenant, user) = (world.sites[0].id(), dana.user_id().to_string());
    let removed = world
        .services
        .member_remove(&world.owner, Some(&tenant), &user);
    removed.await.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert_eq!(view.blocked_phase.as_deref(), Some("rescue"));
    assert!(view.started_at.is_some(), "the first attempt did start");
    assert_eq!(
        world.asked_for(run).len(),
        calls,
        "and no call came after it"
    );
}

async fn a_pool_without_workers_leaves_the_queue_alone(world: Arc<World>) {
    let none = PoolSettings {
        workers: 0,
        ..SETTINGS
    };
    let run = world.ask(&world.owner, 0, CHECK).await;
    assert_eq!(world.pool_with(patience(), none).drain().await.unwrap(), 0);
    let (stop, stopped) = watch::channel(true);
    world.pool_with(patience(), none).run(stopped).await;
    drop(stop);
    assert_eq!(world.view(run).await.state.word(), "queued");
}

async fn a_worker_that_lost_its_run_changes_nothing(world: Arc<World>) {
    // Started by a worker that then falls silent, and is handed back in its name.
    let silent = WorkerId::from_uuid(Uuid::now_v7());
    let store = world.services.store();
    let run = world.ask(&world.owner, 0, SYNC).await;
    let other = world.ask(&world.owner, 1, SYNC).await;
    let mut started = store.runs_start(silent, 1).await.unwrap();
    let running = started.running.pop().unwrap();
    let key = running.key();
    assert_eq!(store.lease_renew(silent, &[key]).await.unwrap().kept, [key]);
    assert_eq!(store.runs_hand_back(silent).await.unwrap(), 1);
    assert!(
        store
            .lease_renew(silent, &[key])
            .await
            .unwrap()
            .kept
            .is_empty()
    );
    assert_eq!(world.pool().drain().await.unwrap(), 2);
    let end = store::RunEnd {
        outcome: store::WorkedOutcome::Failed,
        counts: Default::default(),
        failures: Vec::new(),
    };
    let late = store.run_finish(&running, &end).await;
    assert!(matches!(late, Err(store::StoreError::LeaseLost)));
    for run in [run, other] {
        assert_eq!(world.view(run).await.state.outcome, RunOutcome::Succeeded);
    }
}

async fn l04_a_deep_queue_of_many_tenants_is_worked_off_once(world: Arc<World>) {
    let world = laboratory(&world).await;
    let bulk = world.services.make_bulk(2, 60).await.unwrap();
    let queue = world
        .services
        .fill_queue(&bulk, OperationType::LabNoop, 1_500);
    queue.await.unwrap();
    let many = PoolSettings {
        workers: 1_000,
        ..SETTINGS
    };
    let pool = world.pool_with(patience(), many);
    assert_eq!(pool.drain().await.unwrap(), 1_500);
    let store = world.services.store();
    assert_eq!(
        store.runs_succeeded(OperationType::LabNoop).await.unwrap(),
        1_500
    );
    let mut broken = store.violations().await.unwrap();
    // They were put into the queue, and nobody asked for them.
    broken.retain(|it| it.rule != "I6 one entry of the request");
    assert!(broken.is_empty(), "{broken:#?}");
}

async fn two_pools_share_the_queue(world: Arc<World>) {
    let mut runs = Vec::new();
    for n in 0..8 {
        let seed = &world.sandbox.tenants()[n % 3];
        let id = world
            .tenant(
                &world.owner,
                &format!("T{n}"),
                domain::lifecycle::TenantLifecycle::Active,
            )
            .await;
        world
            .connect(&world.owner, id, seed, &seed.client_secret)
            .await;
        let answer = world
            .services
            .start(&world.owner, &id.to_string(), SYNC)
            .await
            .unwrap();
        runs.push(answer.run_id);
    }
    let (one, two) = (world.pool(), world.pool());
    let (first, second) = tokio::join!(one.drain(), two.drain());
    assert_eq!(first.unwrap() + second.unwrap(), 8, "each decided once");
    for run in runs {
        let view = world.view(run).await;
        assert_eq!(
            (view.state.outcome, view.attempt),
            (RunOutcome::Succeeded, 1)
        );
    }
}

async fn a_pool_can_take_over_from_itself(world: Arc<World>) {
    let mut hang = Fault::everywhere(FaultKind::Hang);
    hang.route = Some("/groups".to_owned());
    hang.count = Some(1);
    world.sandbox.faults().add(hang).unwrap();
    let run = world.ask(&world.owner, 0, SYNC).await;
    let other = world.ask(&world.owner, 1, SYNC).await;
    let settings = ClientSettings {
        header_timeout: Duration::from_secs(3),
        ..patience()
    };
    let pool = world.pool_with(settings, SETTINGS);
    let taken = async {
        let hangs = || async { world.sandbox.faults().list().is_empty() };
        until("the call that hangs", hangs).await;
        let store = world.services.store();
        store.runs_hand_back(pool.id()).await.unwrap()
    };
    let (drained, taken) = tokio::join!(pool.drain(), taken);
    assert!(taken >= 1);
    assert_eq!(drained.unwrap(), 2 + taken, "each attempt is decided anew");
    for run in [run, other] {
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Succeeded);
        assert_eq!(i64::try_from(view.decisions.len()).unwrap(), view.attempt);
        assert_eq!(world.told(&world.owner, run).await, 1);
    }
}

/// A client with a bug that no test before it has found.
struct Panicking;

impl GraphClient for Panicking {
    fn organization<'a>(
        &'a self,
        _: &'a Connection,
        _: &'a CallContext,
    ) -> GraphFuture<'a, Organization> {
        panic!("organization")
    }

    fn granted_roles<'a>(
        &'a self,
        _: &'a Connection,
        _: &'a CallContext,
    ) -> GraphFuture<'a, Vec<String>> {
        panic!("granted_roles")
    }

    fn page<'a>(
        &'a self,
        _: &'a Connection,
        _: &'a CallContext,
        _: &'static Contract,
        _: Option<PageCursor>,
    ) -> GraphFuture<'a, Page> {
        panic!("page")
    }

    fn batch<'a>(
        &'a self,
        _: &'a Connection,
        _: &'a CallContext,
        _: &'a [Ask<'a>],
    ) -> GraphFuture<'a, Vec<Result<Answered, GraphError>>> {
        panic!("batch")
    }

    fn delta<'a>(
        &'a self,
        _: &'a Connection,
        _: &'a CallContext,
        _: &'static Contract,
        _: DeltaFrom,
    ) -> GraphFuture<'a, Delta> {
        panic!("delta")
    }
}

async fn a_handler_that_panics_fails_its_run_and_nothing_else(world: Arc<World>) {
    let one_slot = PoolSettings {
        workers: 1,
        ..SETTINGS
    };
    let (services, endpoints) = (&world.services, world.endpoints.clone());
    let pool = Pool::new(services, Arc::new(Panicking), endpoints, one_slot);
    let (stop, stopped) = watch::channel(false);
    let pool = tokio::spawn(pool.run(stopped));
    // With one slot a second run is worked on only if the first one's end gave the slot back.
    for (site, operation) in [(0, CHECK), (1, SYNC), (0, CHECK)] {
        let run = world.ask(&world.owner, site, operation).await;
        until("the run that breaks off", || over(&world, run)).await;
        let view = world.view(run).await;
        assert_eq!(view.state.outcome, RunOutcome::Failed, "{operation}");
        let [failure] = &view.failures[..] else {
            panic!("{:?}", view.failures);
        };
        assert_eq!(failure.code, "run.handler");
        assert_eq!(failure.reason_code, "handler_panicked");
        assert_eq!(world.told(&world.owner, run).await, 1, "told as of any end");
    }
    stop.send(true).unwrap();
    pool.await.unwrap();
    assert_eq!(
        world.work(0, CHECK).await.state.outcome,
        RunOutcome::Succeeded
    );
}

async fn one_end_that_is_refused_takes_no_other_with_it(world: Arc<World>) {
    let poisoned = world.ask(&world.owner, 0, SYNC).await;
    let other = world.ask(&world.owner, 1, SYNC).await;
    let store = world.services.store();
    store::conformance::refuse_success(store, poisoned)
        .await
        .unwrap();
    assert_eq!(world.pool().drain().await.unwrap(), 2);
    let view = world.view(poisoned).await;
    assert_eq!(view.state.outcome, RunOutcome::Failed);
    assert_eq!(view.failures[0].reason_code, "internal_error");
    let view = world.view(other).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    for run in [poisoned, other] {
        assert_eq!(world.told(&world.owner, run).await, 1);
    }
}
