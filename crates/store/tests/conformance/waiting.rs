//! Why a queued run does not run.

use std::sync::Arc;

use domain::{
    ids::RunId,
    operation::OperationType::InventorySync,
    waiting::{PLACES, Waiting, WaitingFor},
};
use store::{QueueSettings, RunFilter, StoreError, WorkerCard};

use crate::{
    database::Database,
    world::{World, worker},
};

pub async fn a_queued_run_says_what_it_waits_for(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync(&world.owner).await;
    assert_eq!(
        waits(&world, run).await,
        Some(Waiting::NoWorker { last_seen: None })
    );

    let settings = QueueSettings {
        tenant_limit: 3,
        connection_limit: 2,
        ..QueueSettings::default()
    };
    let working = world.store.clone().with_queue(settings);
    let card = WorkerCard {
        id: worker(),
        host: "worker-1".to_owned(),
        slots: 4,
    };
    working.worker_seen(&card).await.unwrap();
    assert_eq!(waits(&world, run).await, Some(Waiting::Slot { before: 0 }));

    // Others of its tenant that were asked for before it, more than anybody counts.
    world.queue(&world.tenant, 2).await;
    let earlier =
        |other: &str| format!("update run_queue set available_at = 1 where run_id <> {other}");
    let id = db.id(run.as_uuid());
    db.raw.run(&earlier(&id)).await;
    assert_eq!(waits(&world, run).await, Some(Waiting::Slot { before: 2 }));
    world.queue(&world.tenant, 1_100).await;
    db.raw.run(&earlier(&id)).await;
    assert_eq!(
        waits(&world, run).await,
        Some(Waiting::Slot { before: PLACES + 1 })
    );

    // The limits are those of the processes that work.
    let connection = db.id(world.connection.as_uuid());
    let uses = format!("update run_queue set connection_id = {connection}");
    db.raw.run(&uses).await;
    assert_eq!(
        working
            .runs_start(worker(), 100)
            .await
            .unwrap()
            .running
            .len(),
        2
    );
    let at_limit = Waiting::ConnectionLimit {
        running: 2,
        limit: 2,
    };
    assert_eq!(waits(&world, run).await, Some(at_limit));
    db.raw
        .run("update run_queue set connection_id = null where status = 'queued'")
        .await;
    assert_eq!(
        working
            .runs_start(worker(), 100)
            .await
            .unwrap()
            .running
            .len(),
        1
    );
    let at_limit = Waiting::TenantLimit {
        running: 3,
        limit: 3,
    };
    assert_eq!(waits(&world, run).await, Some(at_limit));

    let later = 9_000_000_000_000_000;
    db.raw
        .run(&format!(
            "update run_queue set available_at = {later}, waiting_code = 'provider_throttled' where run_id = {id}"
        ))
        .await;
    let Some(Waiting::Later { at, code }) = waits(&world, run).await else {
        panic!("it is tried again later");
    };
    assert_eq!((at.0, code.as_deref()), (later, Some("provider_throttled")));

    world.store.worker_gone(card.id).await.unwrap();
    working.worker_seen(&card).await.unwrap();
    db.raw.run("update workers set last_seen_at = 7").await;
    db.raw.run("delete from worker_presence").await;
    // Before its time has come, that nobody is there keeps nothing from starting.
    let still = waits(&world, run).await.map(|waiting| waiting.kind());
    assert_eq!(still, Some(WaitingFor::Later));
    db.raw
        .run(&format!(
            "update run_queue set available_at = 1 where run_id = {id}"
        ))
        .await;
    let Some(Waiting::NoWorker { last_seen }) = waits(&world, run).await else {
        panic!("nobody is there");
    };
    assert_eq!(last_seen.map(|at| at.0), Some(7));

    // A process that stopped as it should left no row of its own, and was there until then all the same.
    let before = world.store.now().await.unwrap();
    world.store.worker_gone(card.id).await.unwrap();
    let after = world.store.now().await.unwrap();
    let Some(Waiting::NoWorker { last_seen }) = waits(&world, run).await else {
        panic!("nobody is there");
    };
    assert!((before..=after).contains(&last_seen.unwrap()));

    world
        .store
        .queue_pause_set(&world.owner, &world.tenant)
        .await
        .unwrap();
    let Some(Waiting::Paused { by, .. }) = waits(&world, run).await else {
        panic!("the queue is paused");
    };
    assert_eq!(by, "owner");

    // Who runs waits for nothing.
    let other = world.another_tenant("Other").await;
    world.ask_in(&world.owner, &other, InventorySync).await;
    let running = world.store.runs_start(worker(), 1).await.unwrap().running;
    assert_eq!(waits(&world, running[0].key().run_id).await, None);
}

pub async fn a_queued_run_says_that_nothing_can_be_written(db: Arc<Database>) {
    let mut world = World::new(&db).await;
    let run = world.sync(&world.owner).await;
    let writable = world.store.clone();
    world.store = db.read_only().await;
    let nobody = Some(Waiting::NoWorker { last_seen: None });
    assert_eq!(
        waits(&world, run).await,
        nobody,
        "nobody has tried to write"
    );

    let refused = world.store.runs_start(worker(), 1).await;
    assert!(
        matches!(refused, Err(StoreError::NotWritable(_))),
        "{refused:?}"
    );
    assert_eq!(waits(&world, run).await, Some(Waiting::NotWritable));
    world.store.close().await;

    // Each process knows what it was refused itself.
    world.store = writable;
    assert_eq!(waits(&world, run).await, nobody);
}

/// What the run's page says; a list says the same of it, in fewer words.
async fn waits(world: &World, run: RunId) -> Option<Waiting> {
    let (store, owner) = (&world.store, &world.owner);
    let access = store.run(owner, run).await.unwrap();
    let waiting = store.run_waiting(&access).await.unwrap();
    let filter = RunFilter {
        run: Some(run),
        ..RunFilter::default()
    };
    let tenants = store.tenants(owner, &world.workspace).await.unwrap();
    let page = store
        .runs(owner, &world.workspace, &tenants, &filter, 1)
        .await
        .unwrap();
    let now = store.now().await.unwrap();
    let listed = store.waits_of_runs(&page.rows, now).await.unwrap();
    assert_eq!(
        listed.get(&run).copied(),
        waiting.as_ref().map(Waiting::kind)
    );
    waiting
}
