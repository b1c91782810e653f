//! Answers 503 until the database was reached for the first time.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use tower::ServiceExt as _;

use super::health;

/// A router that is opened later.
#[derive(Debug, Clone, Default)]
pub(crate) struct LateRouter(Arc<OnceLock<Router>>);

impl LateRouter {
    /// From now on every request goes to `router`.
    pub(crate) fn open(&self, router: Router) {
        let _ = self.0.set(router);
    }

    /// The router to serve meanwhile and afterwards.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(health::alive))
            .fallback(forward)
            .with_state(self.clone())
    }
}

async fn forward(State(late): State<LateRouter>, request: Request) -> Response {
    match late.0.get() {
        // A router is never not ready; the error type has no values.
        Some(router) => router.clone().oneshot(request).await.into_response(),
        None => not_yet(),
    }
}

fn not_yet() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "2"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_YET).into_response()
}

const NOT_YET: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width\"><title>TenantAtlas is waiting for its database</title></head>\
<body><h1>TenantAtlas is waiting for its database</h1>\
<p>It tries again by itself every second. Nothing is lost: queued runs stay queued. Reload this page in a moment.</p></body></html>";
