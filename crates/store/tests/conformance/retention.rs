//! Retention of what bulks and writes leave behind (V-15).

use std::sync::Arc;

use domain::operation::OperationType::BulkConnectionCheck;
use store::{Removed, Requested, WorkedOutcome};

use crate::{
    database::Database,
    intents::{DONE, intent, laboratory, unknown, writing},
    world::{World, accepted, end, worker},
};

/// A bulk over two tenants, with its parts, all of it over.
async fn bulk_over(world: &World) -> domain::ids::RunId {
    let (store, owner) = (&world.store, &world.owner);
    let tenants = [world.tenant.clone(), world.another_tenant("Second").await];
    let selected = store.bulk_select(owner, &world.workspace, BulkConnectionCheck, &tenants);
    let selection = store.bulk_selection(owner, selected.await.unwrap()).await;
    let asked: Requested = store
        .bulk_request(owner, &selection.unwrap(), None)
        .await
        .unwrap();
    let run = accepted(asked);
    let bulk = world.start_one().await;
    assert_eq!(store.bulk_ask(&bulk, 10).await.unwrap(), 2);
    for part in store.runs_start(worker(), 10).await.unwrap().running {
        world.succeed(part).await;
    }
    world.succeed(bulk).await;
    run
}

pub async fn v15_writes_and_items_of_bulks_go_and_questions_stay(db: Arc<Database>) {
    let world = laboratory(&db).await;
    let store = &world.store;
    let done = writing(&world).await;
    for op_key in ["one", "two"] {
        let opened = store.intent_open(&done, &intent(op_key)).await.unwrap();
        store.intent_close(&done, opened, &DONE).await.unwrap();
    }
    let written = done.key().run_id;
    let before = store.now().await.unwrap();
    assert_eq!(store.removable(before).await.unwrap().writes, 0, "at work");
    world.succeed(done).await;
    let asks = writing(&world).await;
    let opened = store.intent_open(&asks, &intent("one")).await.unwrap();
    store.intent_close(&asks, opened, &DONE).await.unwrap();
    let opened = store.intent_open(&asks, &intent("two")).await.unwrap();
    store.intent_close(&asks, opened, &unknown()).await.unwrap();
    let question = asks.key().run_id;
    let unsure = end(WorkedOutcome::Indeterminate);
    store.run_finish(&asks, &unsure).await.unwrap();
    let bulk = bulk_over(&world).await;

    let now = store.now().await.unwrap().plus(1);
    let removable = store.removable(now).await.unwrap();
    assert_eq!(
        (removable.items, removable.runs, removable.writes),
        (2, 1, 2)
    );
    let removed = store.remove_batch(now, 90).await.unwrap();
    let all = Removed {
        items: 2,
        reports: 0,
        writes: 2,
    };
    assert_eq!(removed, all);
    assert_eq!(
        store.remove_batch(now, 90).await.unwrap(),
        Removed::default()
    );
    // The run with a question keeps all that it set out for, until somebody has answered.
    assert_eq!(world.count("write_intents", question).await, 2);
    assert_eq!(world.count("write_intents", written).await, 0);
    // Runs, decisions, audit entries, and what was taken from whom.
    for (run, taken) in [(written, (0, 2)), (bulk, (2, 0))] {
        let access = store.run(&world.owner, run).await.unwrap();
        let removal = store.run_removal(&access).await.unwrap().unwrap();
        assert_eq!((removal.items, removal.writes), taken);
        assert_eq!(store.run_decisions(&access).await.unwrap().len(), 1);
        assert_eq!(world.audited("run.completed", run).await, 1);
    }
    let access = store.run(&world.owner, question).await.unwrap();
    assert!(store.run_removal(&access).await.unwrap().is_none());
    // The parts of a bulk are runs of their own, and stay.
    let parent = db.id(bulk.as_uuid());
    let parts = format!("select count(*) from operation_runs where parent_id = {parent}");
    assert_eq!(db.raw.int(&parts).await, Some(2));
    world.chains_hold().await;
    store.close().await;
}

pub async fn v15_choices_of_tenants_are_forgotten_after_a_day(db: Arc<Database>) {
    let world = World::new(&db).await;
    bulk_over(&world).await;
    let choices = "select count(*) from bulk_selection_items";
    assert_eq!(world.store.choices_forget().await.unwrap(), 0, "of today");
    assert_eq!(db.raw.int(choices).await, Some(2));
    db.raw
        .run("update bulk_selections set created_at = 1")
        .await;
    assert_eq!(world.store.choices_forget().await.unwrap(), 1);
    assert_eq!(db.raw.int(choices).await, Some(0));
}
