//! No secret, token or raw payload is stored or shown, whatever the provider does.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{body::Body, http::Request};
use domain::{run::RunOutcome, views::OperationsQuery};
use graph_sandbox::{Fault, FaultKind};
use serde_json::json;
use store::LabEffect;
use tower::ServiceExt as _;

use crate::{
    heard::Heard,
    play::on_sqlite_heard,
    world::{CHECK, SYNC, World, changed},
    write_effects::{LOST, control},
    writes::{ask_for, laboratory},
};

/// Stands in a field of a group that the inventory does not keep.
const PAYLOAD: &str = "canary-raw-payload-7f3a";

async fn plant(world: &World) {
    let body = serde_json::json!({
        "collection": "groups",
        "op": "create",
        "body": { "displayName": "Planted", "description": PAYLOAD },
    });
    let tenant = &world.sites[0].seed.tenant_id;
    let request = Request::builder()
        .method("POST")
        .uri(format!("/_sandbox/tenants/{tenant}/mutate"))
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = world.sandbox.router().oneshot(request).await.unwrap();
    assert!(answer.status().is_success());
}

/// Every run there can be, and what its pages show.
async fn live_through_everything(world: &World) -> String {
    let status = |status| FaultKind::Status {
        status,
        retry_after: None,
    };
    let mut shown = String::new();
    let faults = [
        None,
        Some(FaultKind::WrongSecret),
        Some(FaultKind::ExpiredSecret),
        Some(FaultKind::ConsentRevoked),
        Some(FaultKind::InvalidJson),
        Some(FaultKind::Truncate),
        Some(FaultKind::CutMidBody),
        Some(status(400)),
        Some(status(401)),
        Some(status(403)),
        Some(status(500)),
    ];
    for fault in faults {
        // The sign-in stays sound for the second half, so that calls carry a token.
        for route in ["", "/groups", "/organization"] {
            if let Some(fault) = fault.clone() {
                world.break_for(0, route, fault);
            }
            for operation in [SYNC, CHECK] {
                let tenant = world.sites[0].id();
                let start = world.services.start(&world.owner, &tenant, operation);
                let run = start.await.unwrap().run_id;
                world.pool().drain().await.unwrap();
                let view = world.view(run).await;
                shown.push_str(&serde_json::to_string(&view).unwrap());
            }
            world.sandbox.faults().clear();
        }
    }
    let query = OperationsQuery::default();
    let list = changed(
        world
            .services
            .operations_page(&world.owner, &query, None)
            .await,
    );
    shown.push_str(&serde_json::to_string(&list).unwrap());
    let tenant = world.sites[0].id();
    let page = changed(
        world
            .services
            .tenant_page(&world.owner, &tenant, None, None)
            .await,
    );
    shown.push_str(&serde_json::to_string(&page).unwrap());
    shown
}

/// Puts what is nobody's business into objects that are about to be changed.
fn plant_into(world: &World, collection: &str) {
    let tenant = &world.sites[0].seed.tenant_id;
    let path = format!("/_sandbox/tenants/{tenant}/state?collection={collection}");
    let state = control(&world.sandbox, "GET", path, "");
    let target = json!({"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget",
        "note": PAYLOAD});
    for object in state["entities"].as_array().unwrap() {
        let body = json!({"collection": collection, "op": "patch", "id": object["id"], "body": {
            "notes": PAYLOAD, "assignments": [{"id": "a", "target": target}]}});
        let path = format!("/_sandbox/tenants/{tenant}/mutate");
        control(&world.sandbox, "POST", path, &body.to_string());
    }
}

/// Changes, creations and assignments, taken, refused and with their answers lost.
async fn change_everything(world: &World) -> String {
    let world = laboratory(world).await;
    let tenant = &world.sites[0].seed.tenant_id;
    // The first change of each kind is refused, where the application may not make it.
    let faults: Vec<_> = [None].into_iter().chain(LOST.map(Some)).collect();
    let mut shown = String::new();
    for (effect, collection) in [
        (LabEffect::AssignApp, "managedAppPolicies"),
        (LabEffect::Update, "deviceConfigurations"),
        (LabEffect::Create, "deviceConfigurations"),
        (LabEffect::Assign, "deviceConfigurations"),
        (LabEffect::AssignOne, "windowsAutopilotDeploymentProfiles"),
    ] {
        for fault in &faults {
            plant_into(&world, collection);
            if let Some(fault) = fault.clone() {
                let mut fault = Fault::everywhere(fault);
                fault.count = Some(1);
                world.sandbox.faults().add(fault).unwrap();
            }
            let run = ask_for(&world, &world.owner, 2, effect).await;
            let pool = world.pool().with_creation_wait(Duration::ZERO);
            pool.drain().await.unwrap();
            world.sandbox.faults().clear();
            let view = world.view(run).await;
            let expected = if shown.is_empty() {
                RunOutcome::Failed
            } else {
                RunOutcome::Succeeded
            };
            assert_eq!(view.state.outcome, expected, "{effect:?}, {fault:?}");
            shown.push_str(&serde_json::to_string(&view).unwrap());
            for part in ["Apps", "ServiceConfig"] {
                let role = format!("DeviceManagement{part}.ReadWrite.All");
                assert!(world.sandbox.grant(tenant, &role));
            }
        }
    }
    shown
}

/// What the person's bell says.
async fn bell(world: &World) -> String {
    let bell = world.services.notifications_page(&world.owner).await;
    let bell = bell.unwrap();
    assert!(!bell.items.is_empty(), "every run is told");
    serde_json::to_string(&bell).unwrap()
}

fn files_of(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

#[test]
fn r09_no_secret_token_or_payload_is_stored_or_shown() {
    let folder = tempfile::tempdir().unwrap();
    let words = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (inner, kept) = (Arc::clone(&words), folder.path().to_owned());
    let heard = Heard::default();
    on_sqlite_heard(folder.path(), &heard, |world| async move {
        plant(&world).await;
        let mut shown = live_through_everything(&world).await;
        shown.push_str(&bell(&world).await);
        shown.push_str(&change_everything(&world).await);
        shown.push_str(&bell(&world).await);
        let mut secrets: Vec<String> = world
            .sandbox
            .tenants()
            .into_iter()
            .map(|seed| seed.client_secret)
            .collect();
        // The head of every token the sandbox issues, a description, and a query.
        secrets.extend(["eyJ", PAYLOAD, "$select", "skiptoken", "Bearer "].map(str::to_owned));
        for secret in &secrets {
            assert!(!shown.contains(secret.as_str()), "shown: {secret}");
        }
        assert!(
            shown.contains("provider_auth_failed"),
            "the faults did happen"
        );
        // While the database is open its newest pages are in the log beside it.
        let stored = files_of(&kept);
        assert!(holds(&stored, "Planted"), "the inventory was stored");
        *inner.lock().unwrap() = secrets;
    });
    let stored = files_of(folder.path());
    let words = words.lock().unwrap();
    assert!(words.len() >= 6);
    let log = heard.text();
    assert!(
        log.matches("provider answered").count() > 100,
        "there is a log"
    );
    for secret in words.iter() {
        assert!(!holds(&stored, secret), "stored: {secret}");
        assert!(!log.contains(secret.as_str()), "logged: {secret}");
    }
}
