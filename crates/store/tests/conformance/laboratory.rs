//! Operation types of the laboratory exist only in databases that were made for it.

use std::sync::Arc;

use domain::{
    operation::{Habitat, OperationType},
    reason::ReasonCode,
};
use store::{Requested, StoreError, WorkedOutcome};

use crate::{
    database::{Database, Dialect},
    world::{World, accepted, end, worker},
};

pub async fn an_empty_database_becomes_a_laboratory_once_and_stays_one(db: Arc<Database>) {
    assert_eq!(db.store.habitat(), Habitat::Product);
    let laboratory = db.store.make_laboratory().await.unwrap();
    assert_eq!(laboratory.habitat(), Habitat::Laboratory);
    let again = laboratory.make_laboratory().await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    for attack in [
        "update installation set habitat = 'product'",
        "delete from installation",
    ] {
        assert!(db.raw.try_run(attack).await.is_err(), "{attack}");
    }
    let reopened = db.another_store().await;
    assert_eq!(reopened.habitat(), Habitat::Laboratory);
    reopened.close().await;
}

pub async fn what_people_use_never_becomes_a_laboratory(db: Arc<Database>) {
    let _world = World::new(&db).await;
    let made = db.store.make_laboratory().await;
    assert!(matches!(made, Err(StoreError::Conflict)), "{made:?}");
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
    let running = world.start_one().await;
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
