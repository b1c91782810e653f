//! A provider that repeats everything it was told in confidence, wherever there is room.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use domain::views::OperationsQuery;
use graph::Endpoints;
use secrecy::SecretString;
use serde_json::json;

use crate::{
    heard::Heard,
    play::on_sqlite_heard,
    world::{CHECK, SYNC, World, changed},
};

const SECRET: &str = "canary-secret~5d1f0c77";
/// `{"roles":["Group.Read.All"]}` between words of our own.
const TOKEN: &str = "canary-token-9b1e.eyJyb2xlcyI6WyJHcm91cC5SZWFkLkFsbCJdfQ.canary-signature";
/// Stands in payloads, addresses and headers.
const PAYLOAD: &str = "canary-payload-31aa";
const WORDS: [&str; 4] = [SECRET, "canary-token", "canary-signature", PAYLOAD];
const VARIANTS: usize = 9;

fn answer(status: u16, headers: &[(&str, &str)], body: String) -> Response<Body> {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name: axum::http::HeaderName = name.parse().unwrap();
        answer.headers_mut().insert(name, value.parse().unwrap());
    }
    answer
}

fn sign_in(variant: usize) -> Response<Body> {
    if variant == VARIANTS - 1 {
        let refusal = json!({
            "error": "invalid_client", "error_codes": [7_000_215], "trace_id": SECRET,
            "error_description": format!("AADSTS7000215: Invalid client secret {SECRET} {PAYLOAD}"),
        });
        return answer(401, &[("x-ms-request-id", SECRET)], refusal.to_string());
    }
    let granted = json!({
        "token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN, "extra": PAYLOAD,
    });
    answer(200, &[], granted.to_string())
}

fn graph(variant: usize) -> Response<Body> {
    let everything = format!("{TOKEN} {SECRET} https://x.example/?a={PAYLOAD}");
    let ids = [("request-id", SECRET), ("x-ms-request-id", PAYLOAD)];
    let error = |message: &str| {
        let inner = json!({"request-id": SECRET, "client-request-id": TOKEN});
        json!({"error": {"code": SECRET, "message": message, "innerError": inner}}).to_string()
    };
    match variant {
        0 => answer(403, &ids[..1], error(&everything)),
        1 => {
            let wrapped = json!({"Message": everything, "HttpHeaders": PAYLOAD}).to_string();
            answer(400, &ids[..1], error(&wrapped))
        }
        2 => answer(500, &ids[..1], format!("<html>{everything}</html>")),
        3 => answer(429, &[("retry-after", PAYLOAD)], error(&everything)),
        4 => answer(302, &[("location", PAYLOAD)], everything),
        5 => answer(200, &ids[..1], format!("{{\"value\": \"{everything}\"}}")),
        6 => {
            let item = json!({"id": SECRET, "displayName": TOKEN, "description": PAYLOAD,
                "@odata.type": format!("#microsoft.graph.{SECRET}")});
            let next = format!("https://{PAYLOAD}.example/{TOKEN}");
            let page = json!({"value": [item], "@odata.nextLink": next});
            answer(200, &ids[..1], page.to_string())
        }
        _ => {
            let item = json!({"id": SECRET, "displayName": TOKEN, "tenantType": SECRET});
            answer(200, &ids[..1], json!({"value": [item]}).to_string())
        }
    }
}

async fn serve(variant: Arc<AtomicUsize>) -> Endpoints {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |request: Request| {
        let variant = variant.load(Ordering::SeqCst);
        let is_sign_in = request.uri().path().contains("/oauth2/");
        async move {
            if is_sign_in {
                sign_in(variant)
            } else {
                graph(variant)
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Endpoints::custom(&url, &url).unwrap()
}

async fn live_through_it(world: &World, variant: &AtomicUsize) -> String {
    let site = world.sites[0].id();
    let secret = SecretString::from(SECRET.to_owned());
    let stored = world
        .services
        .credential_rotate(&world.owner, &site, &secret);
    stored.await.unwrap();
    let mut shown = String::new();
    // The checks last: what they find keeps syncs from starting.
    for operation in [SYNC, CHECK] {
        for at in 0..VARIANTS {
            variant.store(at, Ordering::SeqCst);
            let run = world.ask(&world.owner, 0, operation).await;
            // A pool of its own each time: it knows no token yet.
            world.pool().drain().await.unwrap();
            let view = world.view(run).await;
            shown.push_str(&serde_json::to_string(&view).unwrap());
            if view.next_try.is_some() {
                let id = run.to_string();
                world.services.cancel(&world.owner, &id).await.unwrap();
            }
        }
    }
    let (services, owner) = (&world.services, &world.owner);
    let query = OperationsQuery::default();
    let list = services.operations_page(owner, &query, None);
    shown.push_str(&serde_json::to_string(&changed(list.await)).unwrap());
    let page = services.tenant_page(owner, &site, None, None).await;
    shown.push_str(&serde_json::to_string(&changed(page)).unwrap());
    for kind in ["groups", "device_configurations", "conditional_access"] {
        let page = services
            .inventory_page(owner, &site, Some(kind), None)
            .await;
        shown.push_str(&serde_json::to_string(&page.unwrap()).unwrap());
    }
    shown
}

#[test]
fn r09_a_provider_that_repeats_what_it_was_told_is_not_repeated() {
    let heard = Heard::default();
    let folder = tempfile::tempdir().unwrap();
    on_sqlite_heard(folder.path(), &heard, |world| async move {
        let variant = Arc::new(AtomicUsize::new(0));
        let mut hostile = world.again_at(serve(Arc::clone(&variant)).await);
        hostile.sites.truncate(1);
        let shown = live_through_it(&hostile, &variant).await;
        for word in WORDS {
            assert!(!shown.contains(word), "shown: {word}");
        }
        assert!(shown.contains("[redacted]"), "it did repeat them");
        assert!(shown.contains("provider_permission_denied"));
    });
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for word in WORDS {
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "stored: {word}");
        }
    }
    let log = heard.text();
    let answers = log.matches("provider answered").count();
    assert!(
        answers >= 2 * VARIANTS,
        "{answers} of what was answered is in the log"
    );
    for word in WORDS {
        assert!(!log.contains(word), "logged: {word}");
    }
}
