//! Cancelling, and what it races with.

use std::sync::Arc;

use domain::{
    operation::OperationType::InventorySync,
    run::{RunOutcome, RunStatus},
    summary::{CountKey, SummaryCounts},
};
use store::{Cancel, Ending, ItemOutcome, RunRow, Scope, Store, WorkedOutcome};

use crate::{
    checkpoint::item,
    database::Database,
    world::{World, accepted, end, worker},
};

async fn cancel(store: &Store, scope: &Scope, run: domain::ids::RunId) -> Cancel {
    let access = store.run(scope, run).await.unwrap();
    store.run_cancel(scope, &access).await.unwrap()
}

async fn row(world: &World, run: domain::ids::RunId) -> RunRow {
    let access = world.store.run(&world.owner, run).await.unwrap();
    access.run().clone()
}

/// A run that ended as cancelled left the queue and said so once.
async fn assert_cancelled(world: &World, run: domain::ids::RunId) {
    assert_eq!(row(world, run).await.state.outcome, RunOutcome::Cancelled);
    assert_eq!(world.count("run_queue", run).await, 0);
    assert_eq!(world.audited("run.cancel_requested", run).await, 1);
    assert_eq!(world.audited("run.completed", run).await, 1);
    assert_eq!(world.count("notifications", run).await, 1);
}

pub async fn r03_a_queued_run_is_cancelled_at_once(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let run = world.sync(&operator).await;
    assert_eq!(cancel(&world.store, &world.owner, run).await, Cancel::Ended);
    assert_cancelled(&world, run).await;
    let row = row(&world, run).await;
    assert!(row.started_at.is_none() && row.completed_at.is_some());
    // The one notification is the initiator's, whoever ended the run.
    let unread = |scope| world.store.notifications_unread(scope);
    assert_eq!(unread(&operator).await.unwrap(), 1);
    assert_eq!(unread(&world.owner).await.unwrap(), 0);
    assert_eq!(cancel(&world.store, &world.owner, run).await, Cancel::Over);
    assert_cancelled(&world, run).await;
    // Nothing is left that could start, or that a new start would be taken for.
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert!(started.running.is_empty() && started.refused.is_empty());
    let next = world.sync(&operator).await;
    assert_ne!(next, run);
    let access = world.store.run(&operator, run).await.unwrap();
    let steps = world.store.run_steps(&access).await.unwrap();
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].actor_name, "owner");
}

pub async fn l14_a_cancelled_system_run_notifies_nobody(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync_by_system().await;
    assert_eq!(cancel(&world.store, &world.owner, run).await, Cancel::Ended);
    assert_eq!(row(&world, run).await.state.outcome, RunOutcome::Cancelled);
    assert_eq!(world.count("notifications", run).await, 0);
}

pub async fn the_wish_to_end_a_running_run_comes_with_the_heartbeat(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, me) = (&world.store, worker());
    let second = world.another_tenant("Second tenant").await;
    world.sync(&world.owner).await;
    accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let running = store.runs_start(me, 10).await.unwrap().running;
    let keys = [running[0].key(), running[1].key()];
    let run = keys[0].run_id;
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Processed, 1);
    let item = ItemOutcome {
        position: 0,
        key: "groups",
        label: "Groups",
        outcome: "succeeded",
        reason_code: None,
        message: None,
        objects: Some(3),
    };
    store
        .run_progress(&running[0], &item, &counts)
        .await
        .unwrap();

    let mut bell = store.cancel_bell();
    assert_eq!(cancel(store, &world.owner, run).await, Cancel::Asked);
    bell.changed().await.unwrap();
    assert_eq!(cancel(store, &world.owner, run).await, Cancel::AskedBefore);
    assert_eq!(world.audited("run.cancel_requested", run).await, 1);
    assert_eq!(row(&world, run).await.state.status, RunStatus::Running);
    let leases = store.lease_renew(me, &keys).await.unwrap();
    assert_eq!(leases.kept.len(), 2);
    assert_eq!(leases.cancelled, [keys[0]]);

    let gone = end(WorkedOutcome::Cancelled);
    store.run_finish(&running[0], &gone).await.unwrap();
    assert_cancelled(&world, run).await;
    assert_eq!(row(&world, run).await.counts, counts, "what was done stays");
    assert_eq!(world.count("run_items", run).await, 1);
    let leases = store.lease_renew(me, &keys).await.unwrap();
    assert_eq!(leases.kept, [keys[1]]);
    assert!(leases.cancelled.is_empty());
}

pub async fn b06_no_item_of_a_run_that_is_over_is_under_way(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, owner) = (&world.store, &world.owner);
    let items = async |run| {
        let access = store.run(owner, run).await.unwrap();
        let items = store.run_items(&access).await.unwrap();
        let of = items.into_iter().map(|item| (item.outcome, item.message));
        of.collect::<Vec<_>>()
    };
    let stopped = |why: &str| {
        let message = format!("Stopped in the middle, because {why}.");
        vec![("skipped".to_owned(), Some(message))]
    };
    for (outcome, why) in [
        (WorkedOutcome::Cancelled, "the run was cancelled"),
        (WorkedOutcome::Failed, "the run ended"),
    ] {
        let running = world.running(owner, InventorySync).await;
        item(&world, &running, "running").await;
        store.run_finish(&running, &end(outcome)).await.unwrap();
        assert_eq!(items(running.key().run_id).await, stopped(why));
    }
    // One that waits for its next attempt.
    let running = world.running(owner, InventorySync).await;
    let run = running.key().run_id;
    item(&world, &running, "running").await;
    world.expire(run).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    assert_eq!(cancel(store, owner, run).await, Cancel::Ended);
    assert_eq!(items(run).await, stopped("the run was cancelled"));
}

pub async fn a_cancelled_run_that_loses_its_worker_is_over(db: Arc<Database>) {
    let world = World::new(&db).await;
    let reconciled = async |run: domain::ids::RunId| {
        let run = world.db.id(run.as_uuid());
        let sql = format!("select reconciled_at from operation_runs where id = {run}");
        world.db.raw.int(&sql).await.is_some()
    };
    // Its worker died.
    let lost = world
        .running(&world.owner, InventorySync)
        .await
        .key()
        .run_id;
    assert_eq!(
        cancel(&world.store, &world.owner, lost).await,
        Cancel::Asked
    );
    world.expire(lost).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    assert_cancelled(&world, lost).await;
    assert!(reconciled(lost).await, "nobody was left to end it");
    assert_eq!(world.audited("run.rescued", lost).await, 0);
    // Its worker stops, or could not reach the database.
    let handed = world.running(&world.owner, InventorySync).await;
    let run = handed.key().run_id;
    assert_eq!(cancel(&world.store, &world.owner, run).await, Cancel::Asked);
    world
        .store
        .run_hand_back(&handed, store::GivenBack::Stopping)
        .await
        .unwrap();
    assert_cancelled(&world, run).await;
    assert!(!reconciled(run).await);
    let access = world.store.run(&world.owner, run).await.unwrap();
    let attempts = world.store.run_attempts(&access).await.unwrap();
    assert_eq!(attempts[0].ended_by.as_deref(), Some("handed_back"));
}

pub async fn a_cancel_and_a_start_agree(db: Arc<Database>) {
    let world = World::new(&db).await;
    let other = db.another_store().await;
    let (mut ended, mut asked) = (0, 0);
    for round in 0..30 {
        let run = world.sync(&world.owner).await;
        let me = worker();
        let access = world.store.run(&world.owner, run).await.unwrap();
        let start = world.store.runs_start(me, 10);
        let cancel = other.run_cancel(&world.owner, &access);
        // Who is asked first changes with the round.
        let (started, answer) = if round % 2 == 0 {
            tokio::join!(start, cancel)
        } else {
            let (answer, started) = tokio::join!(cancel, start);
            (started, answer)
        };
        let mut started = started.unwrap().running;
        match answer.unwrap() {
            Cancel::Ended => {
                ended += 1;
                assert!(started.is_empty());
                assert_eq!(world.count("run_decisions", run).await, 0);
            }
            Cancel::Asked => {
                asked += 1;
                let running = started.remove(0);
                let leases = world.store.lease_renew(me, &[running.key()]).await.unwrap();
                assert_eq!(leases.cancelled, [running.key()]);
                let gone = end(WorkedOutcome::Cancelled);
                world.store.run_finish(&running, &gone).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
        assert_cancelled(&world, run).await;
    }
    assert_eq!(ended + asked, 30);
    other.close().await;
}

pub async fn a_cancel_and_an_end_agree(db: Arc<Database>) {
    let world = World::new(&db).await;
    let other = db.another_store().await;
    for round in 0..30 {
        let running = world.running(&world.owner, InventorySync).await;
        let run = running.key().run_id;
        let access = world.store.run(&world.owner, run).await.unwrap();
        let good = end(WorkedOutcome::Succeeded);
        let ends = [(&running, &good)];
        let finish = world.store.runs_finish(&ends);
        let cancel = other.run_cancel(&world.owner, &access);
        let (ending, answer) = if round % 2 == 0 {
            tokio::join!(finish, cancel)
        } else {
            let (answer, ending) = tokio::join!(cancel, finish);
            (ending, answer)
        };
        // The end of the work is the end of the run, asked for or not.
        assert_eq!(ending.unwrap(), [Ending::Written]);
        let answer = answer.unwrap();
        assert!(matches!(answer, Cancel::Over | Cancel::Asked), "{answer:?}");
        assert_eq!(row(&world, run).await.state.outcome, RunOutcome::Succeeded);
        assert_eq!(world.audited("run.completed", run).await, 1);
        assert_eq!(world.count("notifications", run).await, 1);
        assert_eq!(world.count("run_queue", run).await, 0);
        let wished = i64::from(answer == Cancel::Asked);
        assert_eq!(world.audited("run.cancel_requested", run).await, wished);
    }
    other.close().await;
}

pub async fn a_cancel_and_a_rescue_agree(db: Arc<Database>) {
    let world = World::new(&db).await;
    let other = db.another_store().await;
    for round in 0..30 {
        let running = world.running(&world.owner, InventorySync).await;
        let run = running.key().run_id;
        let access = world.store.run(&world.owner, run).await.unwrap();
        world.expire(run).await;
        let rescue = world.rescue();
        let cancel = other.run_cancel(&world.owner, &access);
        let (rescued, answer) = if round % 2 == 0 {
            tokio::join!(rescue, cancel)
        } else {
            let (answer, rescued) = tokio::join!(cancel, rescue);
            (rescued, answer)
        };
        match (rescued.unwrap(), answer.unwrap()) {
            // Back in the queue first, and cancelled there; or cancelled first, and ended by the sweep.
            (1, Cancel::Ended | Cancel::Asked) => {}
            // The sweep skipped the row that the cancel held.
            (0, Cancel::Asked) => assert_eq!(world.rescue().await.unwrap(), 1),
            other => panic!("{other:?}"),
        }
        assert_cancelled(&world, run).await;
        let gone = end(WorkedOutcome::Succeeded);
        let late = world.store.run_finish(&running, &gone).await;
        assert!(matches!(late, Err(store::StoreError::LeaseLost)));
    }
    other.close().await;
}
