//! A sandbox in process, and a client that speaks to its router.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use graph_sandbox::{Clock, ControlApi, Options, Sandbox, SandboxConfig, Scale, TenantSeed};
use serde_json::Value;
use tower::ServiceExt;

/// 5 January 2026, 08:30 UTC.
const START: i64 = 1_767_601_800_000_000;

pub struct World {
    pub sandbox: Sandbox,
    now: Arc<AtomicI64>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn error_code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(Scale::Small, ControlApi::On)
    }

    pub fn with(scale: Scale, control: ControlApi) -> Self {
        Self::opened(scale, control, &Options::default())
    }

    pub fn opened(scale: Scale, control: ControlApi, options: &Options) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let reader = Arc::clone(&now);
        let clock = Clock::new(move || reader.load(Ordering::SeqCst));
        let config = SandboxConfig {
            seed: 7,
            tenants: 6,
            scale,
            control,
        };
        Self {
            sandbox: Sandbox::open(config, options, clock).unwrap(),
            now,
        }
    }

    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub fn tenant(&self, at: usize) -> TenantSeed {
        self.sandbox.tenants().into_iter().nth(at).unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap()
            .to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn sign_in(&self, tenant: &str, form: &str) -> Answer {
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub async fn token(&self, at: usize) -> String {
        let tenant = self.tenant(at);
        let answer = self.sign_in(&tenant.tenant_id, &form(&tenant)).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, token: &str, uri: &str) -> Answer {
        let request = Request::get(uri)
            .header("host", "127.0.0.1:4010")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        self.send(request).await
    }

    /// Any request with a JSON body and headers of its own.
    pub async fn ask(
        &self,
        token: &str,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("host", "127.0.0.1:4010")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    /// A body under a content type of its own, or under none.
    pub async fn send_as(
        &self,
        token: &str,
        method: &str,
        uri: &str,
        kind: Option<&str>,
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", format!("Bearer {token}"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let body = Body::from(body.to_string());
        self.send(request.body(body).unwrap()).await
    }

    /// Whether no request has changed anything.
    pub fn is_unwritten(&self) -> bool {
        let entries = self.sandbox.journal().since(0);
        entries.iter().all(|entry| entry.write.is_none())
    }

    /// The status that a request with a JSON body is answered with.
    pub async fn status(&self, token: &str, method: &str, uri: &str, body: &Value) -> u16 {
        self.ask(token, method, uri, &[], body)
            .await
            .status
            .as_u16()
    }

    /// A token of the first tenant with every permission there is.
    pub async fn writer(&self) -> String {
        for role in [
            "DeviceManagementConfiguration.ReadWrite.All",
            "DeviceManagementScripts.ReadWrite.All",
            "DeviceManagementServiceConfig.ReadWrite.All",
            "DeviceManagementRBAC.ReadWrite.All",
            "DeviceManagementApps.ReadWrite.All",
            "Group.ReadWrite.All",
            "Policy.ReadWrite.ConditionalAccess",
            "User.Read.All",
        ] {
            assert!(
                self.sandbox.grant(&self.tenant(0).tenant_id, role),
                "{role}"
            );
        }
        self.token(0).await
    }

    pub async fn control(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/_sandbox/{path}"))
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// All entities of a collection, following the links.
    pub async fn all(&self, token: &str, uri: &str) -> (Vec<Value>, usize) {
        let (mut items, mut pages, mut next) = (Vec::new(), 0, Some(uri.to_owned()));
        while let Some(uri) = next {
            let answer = self.get(token, &uri).await;
            assert_eq!(answer.status, StatusCode::OK, "{uri}");
            let body = answer.json();
            items.extend(body["value"].as_array().unwrap().iter().cloned());
            pages += 1;
            next = body["@odata.nextLink"].as_str().map(str::to_owned);
        }
        (items, pages)
    }
}

pub fn form(tenant: &TenantSeed) -> String {
    format!(
        "grant_type=client_credentials&client_id={}&client_secret={}\
         &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        tenant.client_id, tenant.client_secret
    )
}
