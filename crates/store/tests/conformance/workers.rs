//! The processes that work on one database: who is there, and how they hear of each other.

use std::{sync::Arc, time::Duration};

use domain::operation::OperationType::InventorySync;
use store::{HintReport, RunFilter, Store, WorkerCard, conformance::limits};
use tokio::time::timeout;

use crate::{
    database::{Database, Dialect},
    world::{World, worker},
};

pub async fn processes_are_known_while_they_beat(db: Arc<Database>) {
    let store = &db.store;
    assert!(store.workers().await.unwrap().is_empty());
    let card = |host: &str, slots| WorkerCard {
        id: worker(),
        host: host.to_owned(),
        slots,
    };
    let (first, second, third) = (card("one", 4), card("two", 8), card("three", 1));
    for card in [&first, &second, &third, &first] {
        store.worker_seen(card).await.unwrap();
    }
    let there = store.workers().await.unwrap();
    assert_eq!(there.len(), 3);
    assert!(
        there
            .iter()
            .all(|it| it.is_alive && it.started_at <= it.last_seen_at)
    );
    let found = there.iter().find(|it| it.id == second.id).unwrap();
    assert_eq!((&*found.host, found.slots), ("two", 8));

    store.worker_gone(second.id).await.unwrap();
    let now = store.now().await.unwrap().0;
    let silent = |card: &WorkerCard, seconds: i64| {
        let id = db.id(card.id.as_uuid());
        let at = now - seconds * 1_000_000;
        format!("update workers set last_seen_at = {at} where id = {id}")
    };
    db.raw.run(&silent(&first, 31)).await;
    let there = store.workers().await.unwrap();
    let alive: Vec<_> = there.iter().map(|it| (it.id, it.is_alive)).collect();
    assert_eq!(alive, [(third.id, true), (first.id, false)]);
    // A day later nobody tells of it any more.
    db.raw.run(&silent(&first, 90_000)).await;
    store.worker_seen(&third).await.unwrap();
    assert_eq!(store.workers().await.unwrap().len(), 1);
}

pub async fn a_hint_rings_in_other_processes_and_is_not_needed(db: Arc<Database>) {
    let world = World::new(&db).await;
    let elsewhere = db.another_store().await;
    let report = elsewhere.hint_report().await.unwrap();
    match db.dialect {
        Dialect::Sqlite => assert_eq!(report, HintReport::None),
        Dialect::Postgres => {
            assert!(matches!(report, HintReport::Through(_)), "{report:?}");
            let bell = elsewhere.queue_bell();
            let hears = elsewhere.clone();
            let listening = tokio::spawn(async move { hears.hear_hints().await });
            let other = world.another_tenant("Other").await;
            // The listener may come up after the first hint: each of them is one that may be lost.
            let rung = async {
                loop {
                    world.queue(&other, 1).await;
                    world
                        .store
                        .queue_pause_set(&world.owner, &other)
                        .await
                        .unwrap();
                    world
                        .store
                        .queue_resume(&world.owner, &other)
                        .await
                        .unwrap();
                    if timeout(Duration::from_millis(200), bell.notified())
                        .await
                        .is_ok()
                    {
                        break;
                    }
                }
            };
            timeout(Duration::from_secs(60), rung).await.unwrap();
            listening.abort();
        }
    }
    // Without hints, what another process queued is found by looking.
    let deaf = db.another_store().await.without_hints();
    let run = world.sync(&world.owner).await;
    let started = deaf.runs_start(worker(), 100).await.unwrap();
    assert!(started.running.iter().any(|it| it.key().run_id == run));
    deaf.close().await;
    elsewhere.close().await;
}

pub async fn behind_a_pooler_everything_works_without_sessions(db: Arc<Database>) {
    let world = World::new(&db).await;
    let own = limits(&db.store).await.unwrap();
    let url = match db.dialect {
        Dialect::Sqlite => return assert_eq!(own, "none"),
        Dialect::Postgres => format!("{}?statement-cache-capacity=0", db.url),
    };
    let store = Store::open(&url).await.unwrap();
    // Each transaction brings its limits along, since the session may be another one each time.
    assert_eq!(
        (own, limits(&store).await.unwrap()),
        ("30s 5s off 8s".to_owned(), "30s 5s off 8s".to_owned())
    );
    assert_eq!(store.hint_report().await.unwrap(), HintReport::Pooled);
    let run = world.sync(&world.owner).await;
    let running = store
        .runs_start(worker(), 1)
        .await
        .unwrap()
        .running
        .remove(0);
    assert_eq!(
        (running.key().run_id, running.operation()),
        (run, InventorySync)
    );
    let foreign = store.lease_renew(worker(), &[running.key()]).await.unwrap();
    assert_eq!(foreign.kept, []);
    store
        .run_hand_back(&running, store::GivenBack::Stopping)
        .await
        .unwrap();
    let page = store
        .runs(
            &world.owner,
            &world.workspace,
            std::slice::from_ref(&world.tenant),
            &RunFilter::default(),
            10,
        )
        .await;
    assert_eq!(page.unwrap().rows.len(), 1);
    store.close().await;
}
