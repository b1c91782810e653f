//! No secret, token or raw payload is stored or shown, whatever the provider does.

use std::{path::Path, sync::Arc};

use axum::{body::Body, http::Request};
use domain::views::OperationsQuery;
use graph_sandbox::FaultKind;
use tower::ServiceExt as _;

use crate::{
    play::on_sqlite_in,
    world::{CHECK, SYNC, World, changed},
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
    on_sqlite_in(folder.path(), |world| async move {
        plant(&world).await;
        let shown = live_through_everything(&world).await;
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
    for secret in words.iter() {
        assert!(!holds(&stored, secret), "stored: {secret}");
    }
}
