//! A tenant's queue can be paused and resumed.

use std::sync::{Arc, Mutex};

use domain::operation::OperationType::{ConnectionCheck, InventorySync};
use store::{
    StoreError,
    conformance::{Border, with_border},
};

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
    let among = store.queues_paused(&[tenant.clone(), other.clone()]).await;
    assert_eq!(
        among.unwrap().into_iter().collect::<Vec<_>>(),
        [tenant.id()]
    );
    let among = store.queues_paused(std::slice::from_ref(&other)).await;
    assert!(among.unwrap().is_empty());
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

/// The statements of some work, in their order.
async fn statements_of(work: impl Future) -> Vec<&'static str> {
    let names = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&names);
    let border: Border = Arc::new(move |name| {
        noted.lock().unwrap().push(name);
        Box::pin(async {})
    });
    with_border(border, work).await;
    let names = names.lock().unwrap();
    names.clone()
}

/// Else a claim, one of these and a change of somebody's role could wait for each other in a circle.
pub async fn a_pause_and_a_resume_take_their_locks_in_the_order_of_a_claim(db: Arc<Database>) {
    let world = World::new(&db).await;
    world.queue(&world.tenant, 1).await;
    let (store, owner, tenant) = (&world.store, &world.owner, &world.tenant);
    let pause = statements_of(store.queue_pause_set(owner, tenant)).await;
    let resume = statements_of(store.queue_resume(owner, tenant)).await;
    let claim = statements_of(store.runs_start(worker(), 1)).await;
    for (names, before, after) in [
        (&pause, "queue_scope_hold", "tenant_authority_hold"),
        (&resume, "run_queue_wait_anew", "tenant_authority_hold"),
        (&claim, "run_queue_scopes_hold", "run_queue_claim"),
        (&claim, "run_queue_claim", "facts_users"),
    ] {
        let place = |wanted| names.iter().position(|name| *name == wanted);
        let places = (place(before), place(after));
        assert!(
            places.0.is_some() && places.0 < places.1,
            "{before} and {after}: {names:?}"
        );
    }
}
