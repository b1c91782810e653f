//! What the database breaks off, because others stood in the way, may pass.

use std::sync::Arc;

use domain::operation::OperationType::InventorySync;
use store::WorkerCard;

use crate::{
    database::{Database, Raw},
    world::{World, accepted, worker},
};

/// Breaks off whatever waits for a lock in this database, as `statement_timeout` would.
const BREAK_OFF: &str = "select count(pg_cancel_backend(pid)) from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'";

pub async fn r10_a_statement_that_others_stood_in_the_way_of_may_pass(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = world.store.clone();
    let card = WorkerCard {
        id: worker(),
        host: "host".to_owned(),
        slots: 1,
    };
    let seen = {
        let (store, card) = (store.clone(), card.clone());
        async move { store.worker_seen(&card).await }
    };
    let broken_off = match &db.raw {
        // Another process writes for longer than anybody waits.
        Raw::Sqlite(pool) => {
            let writing = pool.begin_with("begin immediate").await.unwrap();
            let broken_off = seen.await;
            writing.rollback().await.unwrap();
            broken_off
        }
        Raw::Postgres(pool) => {
            let mut holding = pool.begin_with("begin").await.unwrap();
            let lock = sqlx::query("lock table workers in access exclusive mode");
            lock.execute(&mut *holding).await.unwrap();
            let waiting = tokio::spawn(seen);
            while !waiting.is_finished() {
                db.raw.int(BREAK_OFF).await;
            }
            let broken_off = waiting.await.unwrap();
            holding.rollback().await.unwrap();
            broken_off
        }
    };
    let error = broken_off.unwrap_err();
    assert!(error.is_contention() && error.may_pass(), "{error:?}");
    store.worker_seen(&card).await.unwrap();
}

pub async fn l03_what_one_tenants_runs_need_and_somebody_holds_holds_up_no_other(
    db: Arc<Database>,
) {
    let world = World::new(&db).await;
    let stuck = world.sync(&world.owner).await;
    let mut others = Vec::new();
    for name in ["Second tenant", "Third tenant"] {
        let tenant = world.another_tenant(name).await;
        others.push(accepted(
            world.ask_in(&world.owner, &tenant, InventorySync).await,
        ));
    }
    // SQLite has one writer for all: there nobody can hold a tenant alone.
    let Raw::Postgres(pool) = &db.raw else {
        return;
    };
    let mut holding = pool.begin_with("begin").await.unwrap();
    let lock = sqlx::query("select 1 from tenants where id = $1 for update");
    let lock = lock.bind(world.tenant.id().as_uuid());
    lock.execute(&mut *holding).await.unwrap();
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    let mut running: Vec<_> = started.running.iter().map(|it| it.key().run_id).collect();
    running.sort();
    others.sort();
    assert_eq!(running, others);
    holding.rollback().await.unwrap();
    assert_eq!(world.start_one().await.key().run_id, stuck);
}
