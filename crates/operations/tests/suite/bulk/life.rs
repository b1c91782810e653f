//! Ended, rescued, refused and left behind: a bulk that does not simply go through.

use std::{sync::Arc, time::Duration};

use domain::{
    bulk::BulkState,
    capability::Role,
    ids::{RunId, TenantId, WorkerId},
    run::RunOutcome,
    views::OperationsQuery,
};
use operations::PoolSettings;
use policy::Running;
use store::{GivenBack::Stopping, Scope};
use tokio::sync::watch;

use crate::{
    play::{on_both, on_postgres},
    world::{SETTINGS, World, changed, patience, until},
};

use super::{ask, start, states, tenants};

on_both! {
    b07_a_bulk_waits_for_a_part_behind_a_pause,
    b07_an_item_left_behind_says_that_its_bulk_was_over,
    b07_a_bulk_that_is_ended_ends_what_it_asked_for,
    b07_a_bulk_that_is_to_end_and_loses_its_worker_ends_its_parts,
    b07_a_bulk_that_never_started_has_begun_nothing,
    l08_a_rescued_bulk_goes_on_where_it_was,
    l09_a_revocation_refuses_the_parts_that_have_not_started,
    l10_a_bulk_whose_person_may_not_any_more_stops_and_keeps_what_is_done,
}

/// A bulk that is to end while one of its parts runs and another one waits.
async fn unwanted(world: &World, tenants: &[TenantId]) -> (RunId, Running, Running) {
    let run = ask(world, &world.owner, tenants).await;
    let running = start(world).await;
    let asked = world.services.store().bulk_ask(&running, 2).await;
    assert_eq!(asked.unwrap(), 2);
    let part = start(world).await;
    let id = run.to_string();
    world.services.cancel(&world.owner, &id).await.unwrap();
    (run, running, part)
}

async fn b07_a_bulk_that_is_ended_ends_what_it_asked_for(world: Arc<World>) {
    let tenants = tenants(&world, 3).await;
    let store = world.services.store();
    // One part runs, one waits, one was not asked for.
    let (run, running, part) = unwanted(&world, &tenants).await;
    assert_eq!(store.bulk_ask(&running, 2).await.unwrap(), 0);
    store.bulk_abort(&running).await.unwrap();
    store.bulk_abort(&running).await.unwrap();
    let view = world.view(run).await;
    let mut seen = states(&view);
    seen.sort_unstable();
    assert_eq!(
        seen,
        [BulkState::Waiting, BulkState::Running, BulkState::Cancelled]
    );
    let asked = world.view(part.key().run_id).await;
    assert_eq!(asked.cancel_asked.unwrap().by, "Olivia");
    // A worker that takes over is told, ends what is under way, and then the whole.
    store
        .run_hand_back(&part, store::GivenBack::Stopping)
        .await
        .unwrap();
    store
        .run_hand_back(&running, store::GivenBack::Stopping)
        .await
        .unwrap();
    let over = || async {
        world.pool().drain().await.unwrap();
        world.view(run).await.state.is_over()
    };
    until("the end of the bulk", over).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert!(states(&view).iter().all(|state| state.is_over()));
    assert!(states(&view).contains(&BulkState::NotStarted));
    assert_eq!(world.told(&world.owner, run).await, 1);
}

async fn b07_a_bulk_that_is_to_end_and_loses_its_worker_ends_its_parts(world: Arc<World>) {
    let tenants = tenants(&world, 2).await;
    let store = world.services.store();
    let (run, running, part) = unwanted(&world, &tenants).await;
    // Nobody takes over a run that is to end: it ends, and so does what it had asked for.
    store.run_hand_back(&running, Stopping).await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    let mut seen = states(&view);
    seen.sort_unstable();
    assert_eq!(seen, [BulkState::Running, BulkState::Cancelled]);
    let asked = world.view(part.key().run_id).await;
    assert_eq!(asked.cancel_asked.unwrap().by, "Olivia");
    assert_eq!(world.told(&world.owner, run).await, 1);
    world.pool().drain().await.unwrap();
    store.run_hand_back(&part, Stopping).await.unwrap();

    // A worker takes a part with it.
    let run = ask(&world, &world.owner, &tenants).await;
    let worker = WorkerId::from_uuid(uuid::Uuid::now_v7());
    let started = async || store.runs_start(worker, 1).await.unwrap().running.remove(0);
    let running = started().await;
    assert_eq!(store.bulk_ask(&running, 2).await.unwrap(), 2);
    let part = started().await.key().run_id;
    let id = run.to_string();
    world.services.cancel(&world.owner, &id).await.unwrap();
    assert_eq!(store.runs_hand_back(worker).await.unwrap(), 2);
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Cancelled);
    assert_eq!(states(&view), [BulkState::Cancelled; 2]);
    let part = world.view(part).await;
    assert_eq!(part.attempt, 1, "it does not wait for another one");
}

async fn b07_a_bulk_that_never_started_has_begun_nothing(world: Arc<World>) {
    let operator = world.operator("operator").await;
    let run = ask(&world, &operator, &[world.sites[0].id]).await;
    let lowered = world
        .services
        .member_set_role(
            &world.owner,
            None,
            &operator.user_id().to_string(),
            "readonly",
        )
        .await;
    lowered.unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, run).await;
    assert_eq!(view.state.outcome, RunOutcome::Blocked);
    assert_eq!(view.started_at, None);
    assert!(view.counts.is_empty() && view.progress.is_none(), "R-08");
    assert_eq!(states(&view), [BulkState::NotStarted]);
    assert_eq!(view.bulk.unwrap()[0].run_id, None);
}

async fn l08_a_rescued_bulk_goes_on_where_it_was(world: Arc<World>) {
    let tenants = tenants(&world, 5).await;
    let run = ask(&world, &world.owner, &tenants).await;
    let store = world.services.store();
    let first = start(&world).await;
    assert_eq!(store.bulk_ask(&first, 3).await.unwrap(), 3);
    store
        .run_hand_back(&first, store::GivenBack::Stopping)
        .await
        .unwrap();
    // What comes too late asks for nothing.
    assert!(matches!(
        store.bulk_ask(&first, 3).await,
        Err(store::StoreError::LeaseLost)
    ));
    world.pool().drain().await.unwrap();
    let view = world.view(run).await;
    assert_eq!(view.attempt, 2);
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(states(&view), [BulkState::Succeeded; 5]);
    let query = OperationsQuery {
        tenant: "all".to_owned(),
        parent: run.to_string(),
        ..OperationsQuery::default()
    };
    let page = world.services.operations_page(&world.owner, &query, None);
    let page = changed(page.await);
    assert_eq!(page.rows.len(), 5, "one part a tenant");
    assert!(page.rows.iter().all(|row| row.parent_id == Some(run)));
}

async fn l09_a_revocation_refuses_the_parts_that_have_not_started(world: Arc<World>) {
    let operator = world.operator("operator").await;
    world.enrol(&operator, 1, Role::Operator).await;
    let run = ask(&world, &operator, &[world.sites[0].id, world.sites[1].id]).await;
    let store = world.services.store();
    let running = start(&world).await;
    assert_eq!(store.bulk_ask(&running, 20).await.unwrap(), 2);
    // Queued, and then the person may not any more.
    let tenant = world.sites[1].id();
    let lowered = world
        .services
        .member_set_role(
            &world.owner,
            Some(&tenant),
            &operator.user_id().to_string(),
            "readonly",
        )
        .await;
    lowered.unwrap();
    store
        .run_hand_back(&running, store::GivenBack::Stopping)
        .await
        .unwrap();
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, run).await;
    assert_eq!(view.state.outcome, RunOutcome::PartiallySucceeded);
    let items = view.bulk.unwrap();
    let refused = items
        .iter()
        .find(|item| item.tenant_id == world.sites[1].id);
    let refused = refused.unwrap();
    assert_eq!(refused.state, BulkState::Blocked);
    let part = refused.run_id.unwrap();
    assert_eq!(refused.reason_code.as_deref(), Some("missing_capability"));
    assert!(world.asked_for(part).is_empty(), "nothing was called");
}

async fn l10_a_bulk_whose_person_may_not_any_more_stops_and_keeps_what_is_done(world: Arc<World>) {
    for (done, outcome) in [
        (1, RunOutcome::PartiallySucceeded),
        (0, RunOutcome::Blocked),
    ] {
        let operator = world.operator(&format!("operator {done}")).await;
        world.enrol(&operator, 1, Role::Operator).await;
        let run = ask(&world, &operator, &[world.sites[0].id, world.sites[1].id]).await;
        let store = world.services.store();
        let running = start(&world).await;
        assert_eq!(store.bulk_ask(&running, 1).await.unwrap(), 1);
        if done == 1 {
            world.pool().drain().await.unwrap();
        }
        is_lowered_and_refused(&world, &operator, &running).await;
        let view = world.seen_by(&operator, run).await;
        assert_eq!(view.state.outcome, outcome);
        assert_eq!(view.blocked_phase.as_deref(), Some("checkpoint"));
        assert!(states(&view).contains(&BulkState::NotStarted));
        world.pool().drain().await.unwrap();
    }
}

/// Who asked for the bulk may only read from now on, and its next checkpoint says so.
async fn is_lowered_and_refused(world: &World, operator: &Scope, running: &Running) {
    let user = operator.user_id().to_string();
    let lowered = world
        .services
        .member_set_role(&world.owner, None, &user, "readonly")
        .await;
    lowered.unwrap();
    let said = world.services.store().checkpoint(running).await.unwrap();
    assert!(matches!(said, store::Asked::Refused(_)), "{said:?}");
}

#[test]
fn b07_a_bulk_waits_out_a_database_that_breaks_off() {
    on_postgres(|world| {
        Box::pin(async move {
            let tenants = tenants(&world, 3).await;
            let run = ask(&world, &world.owner, &tenants).await;
            // More often than a run may lose its worker: a bulk waits for weeks, and meets every such moment.
            let store = world.services.store();
            let times = store::RESCUES_MOST + 2;
            store::conformance::break_off(store, "bulk_items", times)
                .await
                .unwrap();
            world.pool().drain().await.unwrap();
            let view = world.view(run).await;
            assert_eq!(view.state.outcome, RunOutcome::Succeeded);
            assert_eq!(view.attempt, 1);
        })
    });
}

async fn b07_a_bulk_waits_for_a_part_behind_a_pause(world: Arc<World>) {
    let (services, tenant) = (&world.services, world.sites[0].id());
    services.queue_pause(&world.owner, &tenant).await.unwrap();
    let run = ask(&world, &world.owner, &[world.sites[0].id]).await;
    // Nothing that it waits for comes to its end by waiting: a stop hands the bulk back at once.
    let patient = PoolSettings {
        grace: Duration::from_secs(3_600),
        ..SETTINGS
    };
    let longest = Duration::from_millis(50);
    let pool = world.pool_with(patience(), patient);
    let (stop, stopped) = watch::channel(false);
    let pool = tokio::spawn(pool.with_longest_run(longest).run(stopped));
    // It waits for longer than any run of this pool may take, and says for what.
    let waits = || async {
        let now = services.store().now().await.unwrap();
        let view = world.view(run).await;
        assert!(!view.state.is_over());
        let passed = view.started_at.map(|at| at.plus(4 * 50_000));
        passed.is_some_and(|at| at < now) && states(&view) == [BulkState::Queued]
    };
    until("a bulk older than a run may be", waits).await;
    let view = world.view(run).await;
    let item = &view.bulk.unwrap()[0];
    assert!(
        item.reason.as_deref().unwrap().contains("paused"),
        "{item:?}"
    );
    stop.send(true).unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(60), pool);
    stopped.await.unwrap().unwrap();
    let view = world.view(run).await;
    assert_eq!((view.state.word(), view.attempt), ("queued", 2));
    services.queue_resume(&world.owner, &tenant).await.unwrap();
    let over = || async {
        world.pool().drain().await.unwrap();
        world.view(run).await.state.is_over()
    };
    until("the end of the bulk", over).await;
    let view = world.view(run).await;
    assert_eq!(view.state.outcome, RunOutcome::Succeeded);
    assert_eq!(states(&view), [BulkState::Succeeded]);
}

async fn b07_an_item_left_behind_says_that_its_bulk_was_over(world: Arc<World>) {
    let operator = world.operator("operator").await;
    let run = ask(&world, &operator, &[world.sites[0].id]).await;
    let store = world.services.store();
    let running = start(&world).await;
    assert_eq!(store.bulk_ask(&running, 1).await.unwrap(), 1);
    is_lowered_and_refused(&world, &operator, &running).await;
    world.pool().drain().await.unwrap();
    let view = world.seen_by(&operator, run).await;
    assert_eq!(states(&view), [BulkState::Blocked]);
    let item = &view.bulk.unwrap()[0];
    assert_eq!(
        item.reason.as_deref(),
        Some("The bulk that this run was a part of was over before it could start.")
    );
    // Its own page says what to do about it.
    let part = world.seen_by(&operator, item.run_id.unwrap()).await;
    assert_eq!(part.state.outcome, RunOutcome::Blocked);
    assert!(part.started_at.is_none());
    let told = part.decisions[0].explanation.as_ref().unwrap();
    assert!(told.next_step.ends_with(" if it is still wanted."));
    assert!(part.follow_ups.retry.unwrap().disabled_because.is_none());
}
