//! What was read from a tenant.

use std::sync::Arc;

use domain::{
    operation::OperationType::{ConnectionCheck, InventorySync},
    verification::{CheckReason, CheckStatus, Severity, VerificationCheck, VerificationReport},
};
use store::InventoryObject;

use crate::{database::Database, world::World};

pub fn object(id: &str, name: &str) -> InventoryObject {
    InventoryObject {
        external_id: id.to_owned(),
        display_name: name.to_owned(),
        odata_type: Some("#microsoft.graph.group".to_owned()),
    }
}

pub async fn objects_are_kept_counted_and_forgotten(db: Arc<Database>) {
    let world = World::new(&db).await;
    let (store, tenant) = (&world.store, &world.tenant);
    let second = world.another_tenant("Second tenant").await;
    let running = world.running(&world.owner, InventorySync).await;
    // One page may name an object twice: the last word counts.
    let page = [object("1", "Old"), object("2", "Two"), object("1", "One")];
    store
        .inventory_store(&running, "group", &page)
        .await
        .unwrap();
    store.inventory_store(&running, "group", &[]).await.unwrap();
    store
        .inventory_store(&running, "policy", &[object("1", "Policy")])
        .await
        .unwrap();
    world.succeed(running).await;
    let rows = store.inventory(tenant, "group", None, 10).await.unwrap();
    let names = |rows: &[store::InventoryRow]| {
        rows.iter()
            .map(|row| row.display_name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&rows), ["One", "Two"]);
    let first_seen = rows[0].first_seen_at;
    assert!(
        store
            .inventory(&second, "group", None, 10)
            .await
            .unwrap()
            .is_empty()
    );

    let running = world.running(&world.owner, InventorySync).await;
    store
        .inventory_store(&running, "group", &[object("1", "Renamed")])
        .await
        .unwrap();
    assert_eq!(
        store
            .inventory(tenant, "group", None, 10)
            .await
            .unwrap()
            .len(),
        2
    );
    assert_eq!(store.inventory_forget(&running, "group").await.unwrap(), 1);
    let rows = store.inventory(tenant, "group", None, 10).await.unwrap();
    assert_eq!(names(&rows), ["Renamed"]);
    assert_eq!(rows[0].first_seen_at, first_seen);
    assert!(rows[0].last_seen_at >= first_seen);
    let counts = store.inventory_counts(tenant).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|(kind, n, _)| (&**kind, *n)).collect();
    assert_eq!(counts, [("group", 1), ("policy", 1)]);
}

pub async fn pages_of_objects_come_once_each(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    // Equal names, capitals and letters beyond ASCII: one order in both databases, byte by byte.
    let names = ["a", "B", "a", "ä", "Z", "a", "_"];
    let objects: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| object(&format!("id{index}"), name))
        .collect();
    world
        .store
        .inventory_store(&running, "group", &objects)
        .await
        .unwrap();
    let (mut seen, mut after) = (Vec::new(), None::<(String, String)>);
    loop {
        let from = after.as_ref().map(|(name, id)| (&**name, &**id));
        let page = world
            .store
            .inventory(&world.tenant, "group", from, 2)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.display_name.clone(), last.external_id.clone()));
        seen.extend(
            page.into_iter()
                .map(|row| (row.display_name, row.external_id)),
        );
    }
    let mut expected: Vec<_> = objects
        .into_iter()
        .map(|object| (object.display_name, object.external_id))
        .collect();
    expected.sort();
    assert_eq!(seen, expected);
}

pub async fn p03_reports_are_kept_with_their_run(db: Arc<Database>) {
    let world = World::new(&db).await;
    let store = &world.store;
    assert!(store.report_latest(&world.tenant).await.unwrap().is_none());
    let running = world.running(&world.owner, ConnectionCheck).await;
    let run = running.key().run_id;
    let check = VerificationCheck {
        key: "token".to_owned(),
        title: "Token".to_owned(),
        status: CheckStatus::Pass,
        severity: Severity::Critical,
        blocking: true,
        reason_code: CheckReason::Ok,
        message: "A token was issued.".to_owned(),
        evidence: vec![],
        next_steps: vec![],
    };
    let at = store.now().await.unwrap();
    let report = VerificationReport::of("connection check", at, vec![check], "f".to_owned());
    store.report_store(&running, &report).await.unwrap();
    store.report_store(&running, &report).await.unwrap();
    world.succeed(running).await;
    let latest = store.report_latest(&world.tenant).await.unwrap().unwrap();
    assert_eq!(latest, (run, report.clone()));
    let access = store.run(&world.owner, run).await.unwrap();
    assert_eq!(store.run_report(&access).await.unwrap(), Some(report));
}
