//! A tenant's queue can be paused and resumed.

use std::sync::Arc;

use domain::operation::OperationType::{ConnectionCheck, InventorySync};
use store::StoreError;

use crate::{
    database::Database,
    world::{World, worker},
};

pub async fn a_paused_queue_starts_nothing_and_keeps_everything(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, tenant) = (&world.store, &world.tenant);
    let other = world.another_tenant("Other").await;
    let runs_on = world.running(&world.owner, InventorySync).await;
    world.queue(tenant, 3).await;
    assert_eq!(store.queue_pause(tenant).await.unwrap(), None);
    store.queue_pause_set(&world.owner, tenant).await.unwrap();
    let pause = store.queue_pause(tenant).await.unwrap().unwrap();
    assert_eq!(pause.by, "owner");
    assert!(pause.at <= store.now().await.unwrap());
    let twice = store.queue_pause_set(&world.owner, tenant).await;
    assert!(matches!(twice, Err(StoreError::Conflict)), "{twice:?}");

    // Another tenant's run starts, and what runs here ends.
    world.ask_in(&world.owner, &other, ConnectionCheck).await;
    let started = store.runs_start(worker(), 100).await.unwrap();
    assert!(started.refused.is_empty());
    let tenants: Vec<_> = started.running.iter().map(|it| it.tenant_id()).collect();
    assert_eq!(tenants, [Some(other.id())]);
    world.succeed(runs_on).await;
    let waiting = "select count(*) from operation_runs where status = 'queued'";
    assert_eq!(db.raw.int(waiting).await, Some(3));

    let bell = store.queue_bell();
    store.queue_resume(&world.owner, tenant).await.unwrap();
    bell.notified().await;
    let twice = store.queue_resume(&world.owner, tenant).await;
    assert!(matches!(twice, Err(StoreError::Conflict)), "{twice:?}");
    let started = store.runs_start(worker(), 100).await.unwrap();
    assert_eq!(started.running.len(), 3);
    let told = db
        .raw
        .texts("select action from audit_log where action like 'tenant_queue.%' order by sequence")
        .await;
    assert_eq!(told, ["tenant_queue.paused", "tenant_queue.resumed"]);
}

pub async fn nothing_starts_after_a_pause_has_answered(db: Arc<Database>) {
    let world = World::new(&db).await;
    let mut starts_before = 0;
    for _ in 0..20 {
        world.queue(&world.tenant, 30).await;
        let (store, owner, tenant) = (
            db.another_store().await,
            world.owner.clone(),
            world.tenant.clone(),
        );
        // A pause while claims go on: whatever it has to wait for was started before it.
        let pause = tokio::spawn(async move {
            store.queue_pause_set(&owner, &tenant).await.unwrap();
            store.close().await;
        });
        let mut running = Vec::new();
        while !pause.is_finished() {
            let started = world.store.runs_start(worker(), 3).await.unwrap();
            running.extend(started.running);
            for running in running.drain(..) {
                world.succeed(running).await;
            }
        }
        pause.await.unwrap();
        assert!(
            world
                .store
                .runs_start(worker(), 100)
                .await
                .unwrap()
                .running
                .is_empty()
        );
        let after =
            "select count(*) from audit_log s where s.action = 'run.started' and s.sequence > (
               select max(p.sequence) from audit_log p where p.action = 'tenant_queue.paused')";
        assert_eq!(
            db.raw.int(after).await,
            Some(0),
            "a start came after the pause"
        );
        let before = "select count(*) from audit_log where action = 'run.started'";
        starts_before = db.raw.int(before).await.unwrap();
        world
            .store
            .queue_resume(&world.owner, &world.tenant)
            .await
            .unwrap();
        let rest = world.store.runs_start(worker(), 100).await.unwrap().running;
        for running in rest {
            world.succeed(running).await;
        }
    }
    assert!(starts_before > 0);
}
