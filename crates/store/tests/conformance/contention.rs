//! What the database breaks off, because others stood in the way, may pass.

use std::sync::Arc;

use store::WorkerCard;

use crate::{
    database::{Database, Raw},
    world::{World, worker},
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
