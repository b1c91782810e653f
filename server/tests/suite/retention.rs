//! `retention` as a person at the machine runs it: what it says would go is what goes, and links still answer.

use std::path::Path;

use domain::{ids::RunId, run::RunOutcome, summary::SummaryCounts, time::DAY};
use serde_json::{Value, json};
use store::{PastRun, conformance::item_left};
use uuid::Uuid;

use crate::{
    installation::{CHECK, Installation},
    program::run,
};

/// An id as a run got it that was asked for so many days ago.
fn id_of(days: i64) -> RunId {
    let now = Uuid::now_v7().as_u128();
    let millis = u128::try_from(days * DAY / 1_000).unwrap();
    RunId::from_uuid(Uuid::from_u128(now - (millis << 80)))
}

/// A run that ended so many days ago and left an item, like one that has just ended.
async fn past(installation: &Installation, database: &str, like: RunId, days: i64) -> RunId {
    let (services, owner) = installation.services(database).await;
    let store = services.store();
    let access = store.run(&owner, like).await.unwrap();
    let mut decisions = store.run_decisions(&access).await.unwrap();
    let row = access.run();
    let ended = store.now().await.unwrap().plus(-days * DAY);
    let past = PastRun {
        id: id_of(days),
        workspace_id: row.workspace_id,
        tenant_id: row.tenant_id.unwrap(),
        operation: domain::operation::OperationType::InventorySync,
        initiator: Some((owner.user_id(), "Olivia".to_owned())),
        queued_at: ended.plus(-2),
        started_at: Some(ended.plus(-1)),
        completed_at: ended,
        outcome: RunOutcome::Succeeded,
        counts: SummaryCounts::default(),
        failures: Vec::new(),
        decision: decisions.remove(0),
    };
    let id = past.id;
    store.seed_past_runs(&[past]).await.unwrap();
    item_left(store, id).await.unwrap();
    store.close().await;
    id
}

/// What the command prints with these arguments.
fn retention(folder: &Path, database: &str, arguments: &[&str]) -> Value {
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    let place = ["retention", "--data-dir", data, "--database-url", database];
    let output = run(folder, &[&place, arguments, &["--json"]].concat());
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn v15_the_command_removes_what_it_said_it_would() {
    let file = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", file.path().join("retention.db").display());
    let (installation, _) = Installation::new(&database, None).await;
    let folder = installation.folder.path();
    let server = installation.serve(&database);
    server.until_ready();
    let recent = installation.start(&server, 0, CHECK);
    server.log().until_ended(recent);
    assert!(server.stop());
    let old = past(&installation, &database, recent, 100).await;
    let newer = past(&installation, &database, recent, 20).await;

    let of = |items: i64| json!({ "items": items, "runs": items, "reports": 0, "writes": 0 });
    let told = retention(folder, &database, &[]);
    assert_eq!(
        told,
        json!({ "kept_days": 90, "removable": of(1), "removed": null })
    );
    // Looking on, and looking at another number of days, changes nothing.
    let told = retention(folder, &database, &["--keep-days", "10", "--dry-run"]);
    assert_eq!(told["removable"], of(2));
    let told = retention(folder, &database, &["--now"]);
    assert_eq!(told["kept_days"], 90);
    assert_eq!(
        told["removed"],
        json!({ "items": 1, "reports": 0, "writes": 0 })
    );
    let told = retention(folder, &database, &[]);
    assert_eq!(told["removable"], of(0));
    // Fewer days from now on: the newer run's item goes, too.
    let told = retention(folder, &database, &["--keep-days", "10", "--now"]);
    assert_eq!(
        (&told["kept_days"], &told["removed"]["items"]),
        (&json!(10), &json!(1))
    );

    // Runs, decisions and audit log are where they were, and the pages say what is gone.
    let (services, owner) = installation.services(&database).await;
    for gone in [old, newer] {
        let access = services.store().run(&owner, gone).await.unwrap();
        assert_eq!(
            services.store().run_decisions(&access).await.unwrap().len(),
            1
        );
    }
    services.store().close().await;
    let server = installation.web(&database);
    server.until_ready();
    for (gone, days) in [(old, 90), (newer, 10)] {
        let path = format!("/admin/operations/{gone}");
        let page = server.get(&path, Some(&installation.session));
        assert_eq!(page.status, 200);
        assert!(
            page.body
                .contains(&format!("details are kept for {days} days")),
            "{}",
            page.body
        );
    }
    let chains = run(
        folder,
        &[
            "audit",
            "verify",
            "--database-url",
            &database,
            "--data-dir",
            folder.join("data").to_str().unwrap(),
        ],
    );
    assert!(chains.status.success(), "{chains:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn d03_a_person_disabled_from_the_command_line_is_in_the_audit_log() {
    let file = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", file.path().join("people.db").display());
    let (installation, queued) = Installation::new(&database, Some(CHECK)).await;
    let folder = installation.folder.path();
    let data = folder.join("data");
    let place = [
        "--data-dir",
        data.to_str().unwrap(),
        "--database-url",
        &database,
    ];
    let entries = || -> i64 {
        let output = run(
            folder,
            &[&["audit", "verify", "--json"][..], &place].concat(),
        );
        assert!(output.status.success(), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        told[0]["entries"].as_i64().unwrap()
    };
    let before = entries();
    let disable = ["users", "disable", "olivia@example.test"];
    let output = run(folder, &[&disable[..], &place].concat());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(entries(), before + 1);
    // What was queued in her name is refused as it would start, and asks the provider nothing.
    let worker = installation.worker(&database);
    let refused = format!("refused by the gate, run {}", queued.unwrap());
    worker.log().until_said(&refused);
    assert_eq!(entries(), before + 2);
    let (ended, _) = worker.stop();
    assert!(ended);
    assert_eq!(installation.calls(queued.unwrap()), 0);
    let enable = ["users", "enable", "olivia@example.test"];
    let output = run(folder, &[&enable[..], &place].concat());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(entries(), before + 3);
    let (services, owner) = installation.services(&database).await;
    let access = services.store().run(&owner, queued.unwrap()).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Blocked);
    services.store().close().await;
}
