//! Operation types of the laboratory exist only in databases that were made for it.

use std::sync::Arc;

use domain::{
    operation::{Habitat, OperationType},
    reason::ReasonCode,
};
use store::{OpenError, Requested, Store, StoreError, WorkedOutcome};

use crate::{
    database::{Database, Dialect, Raw},
    world::{World, accepted, end, worker},
};

pub async fn an_empty_database_becomes_a_laboratory_once_and_stays_one(db: Arc<Database>) {
    let empty = db.empty().await;
    let laboratory = Store::open_laboratory(&empty.url).await.unwrap();
    assert_eq!(laboratory.habitat(), Habitat::Laboratory);
    laboratory.close().await;
    let raw = Raw::open(&empty.url).await;
    for attack in [
        "update installation set habitat = 'product'",
        "delete from installation",
    ] {
        assert!(raw.try_run(attack).await.is_err(), "{attack}");
    }
    raw.close().await;
    for reopened in [
        Store::open(&empty.url).await.unwrap(),
        Store::open_laboratory(&empty.url).await.unwrap(),
    ] {
        assert_eq!(reopened.habitat(), Habitat::Laboratory);
        reopened.close().await;
    }
    empty.destroy().await;
}

pub async fn what_people_use_never_becomes_a_laboratory(db: Arc<Database>) {
    // One that was migrated is there for people, also before the first of them.
    let made = Store::open_laboratory(&db.url).await;
    assert!(matches!(made, Err(OpenError::NotALaboratory)), "{made:?}");
    let world = World::new(&db).await;
    let made = Store::open_laboratory(&db.url).await;
    assert!(matches!(made, Err(OpenError::NotALaboratory)), "{made:?}");
    let id = domain::ids::ScheduleId::from_uuid(uuid::Uuid::nil());
    let moved = world
        .store
        .lab_slot_comes(id, domain::time::Timestamp(1))
        .await;
    assert!(matches!(moved, Err(StoreError::Conflict)), "{moved:?}");
    assert_eq!(
        db.raw.int("select count(*) from installation").await,
        Some(0)
    );
}

pub async fn l02_a_type_of_the_laboratory_starts_nowhere_else(db: Arc<Database>) {
    let mut world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let asked = world.ask(&operator, OperationType::LabNoop).await;
    assert!(
        matches!(
            asked,
            Requested::Blocked(_, ReasonCode::ExecutionPrerequisiteInvalid)
        ),
        "{asked:?}"
    );
    // Somebody with a database shell marks it, and has a run queued.
    db.raw
        .run("insert into installation (id, habitat, made_at) values (1, 'laboratory', 1)")
        .await;
    let product = std::mem::replace(&mut world.store, db.another_store().await);
    let noop = accepted(world.ask(&operator, OperationType::LabNoop).await);
    // A process that opened the database as one that people use still refuses it.
    let started = product.runs_start(worker(), 10).await.unwrap();
    assert!(started.running.is_empty());
    assert_eq!(started.refused[0].key.run_id, noop);
    accepted(world.ask(&operator, OperationType::LabNoop).await);
    assert_eq!(world.store.runs_queued(&world.tenant).await.unwrap(), 1);
    let running = world.start_one().await;
    assert_eq!(world.store.runs_queued(&world.tenant).await.unwrap(), 0);
    assert_eq!(running.operation(), OperationType::LabNoop);
    let before = world.store.counters().await.unwrap();
    world
        .store
        .run_finish(&running, &end(WorkedOutcome::Succeeded))
        .await
        .unwrap();
    let ended = world
        .store
        .runs_succeeded(OperationType::LabNoop)
        .await
        .unwrap();
    let unfinished = world.store.runs_unfinished(OperationType::LabNoop);
    assert_eq!(unfinished.await.unwrap(), 0);
    assert_eq!(ended, 1);
    let after = world.store.counters().await.unwrap();
    assert_eq!(before.log_bytes.is_some(), db.dialect == Dialect::Postgres);
    assert!(after.log_bytes >= before.log_bytes);
    world.store.close().await;
}
