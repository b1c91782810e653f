//! What every request gets: an id, a nonce, its peer; and every answer: its headers.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::ids::RequestId;
use uuid::Uuid;

/// Gives the request its id, nonce and peer, and the answer its security headers.
pub(super) async fn guard(
    State(site): State<app::Site>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::from_uuid(Uuid::now_v7());
    let nonce = nonce();
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(|| "unknown".to_owned(), |info| info.0.ip().to_string());
    let path = request.uri().path().to_owned();
    let extensions = request.extensions_mut();
    extensions.insert(id);
    extensions.insert(app::Nonce(nonce.clone()));
    extensions.insert(app::PeerIp(peer));
    extensions.insert(site);
    let mut response = next.run(request).await;
    tracing::debug!(request.id = %id, path, status = response.status().as_u16(), "request {id}");
    lead_on(&mut response, &path);
    set_headers(response.headers_mut(), &nonce, id);
    response
}

/// A page that leads elsewhere is a redirect for every client, also one that did not ask for HTML by name.
fn lead_on(response: &mut Response, path: &str) {
    let is_page = !path.starts_with("/api/");
    if is_page
        && response.status() == StatusCode::OK
        && response.headers().contains_key(header::LOCATION)
    {
        *response.status_mut() = StatusCode::FOUND;
    }
}

/// 128 random bits: a nonce that can be guessed is none.
fn nonce() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness no script may run: an unguessable id is the best there is.
        return Uuid::now_v7().simple().to_string();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn set_headers(headers: &mut HeaderMap, nonce: &str, id: RequestId) {
    let csp = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    for (name, value) in FIXED {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    // What says nothing about caching shows somebody's data.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

const FIXED: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    ),
];
