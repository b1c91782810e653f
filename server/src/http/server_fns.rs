//! Server functions: known ones only, bodies bounded, statuses that say what happened.

use std::{collections::HashSet, sync::LazyLock, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::error::ApiError;
use leptos::server_fn::axum::server_fn_paths;
use operations::Services;
use tokio::time::timeout;

use super::{forms::Form, pages::provide, plain, said};

/// More than any form of ours needs.
const LARGEST_BODY: usize = 64 * 1024;

/// How long a form may take to arrive, all of it.
const PATIENCE: Duration = Duration::from_secs(10);

static KNOWN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| server_fn_paths().map(|(path, _)| path).collect());

/// Calls a server function.
pub(super) async fn call(State(services): State<Services>, request: Request) -> Response {
    if !KNOWN.contains(request.uri().path()) {
        return plain(StatusCode::NOT_FOUND, "There is nothing here.\n");
    }
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "Use POST.\n");
    }
    let host = request.headers().get(header::HOST).cloned();
    let form = Form::of(&request);
    let (parts, body) = request.into_parts();
    let bytes = match timeout(PATIENCE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            return plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "This is larger than 64 KiB, and nothing here is.\n",
            );
        }
        Err(_) => return too_late(),
    };
    let form = form.map(|form| form.with(bytes.clone()));
    let request = Request::from_parts(parts, Body::from(bytes));
    // In a task of its own: a closed browser tab must not break off work in the middle.
    let called = tokio::spawn(async move {
        let context = move || provide(&services);
        leptos_axum::handle_server_fns_with_context(context, request)
            .await
            .into_response()
    });
    match called.await {
        Ok(mut response) => {
            if let Some(form) = form {
                form.remember(&mut response);
            }
            settle(response, host.as_ref()).await
        }
        Err(_) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side.\n",
        ),
    }
}

/// The rest of a form did not come; nothing was done, and nothing more is read from this connection.
fn too_late() -> Response {
    let mut response = plain(
        StatusCode::REQUEST_TIMEOUT,
        "The rest of this request did not arrive within 10 seconds. Nothing was done.\n",
    );
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Gives an error its own status, and keeps redirects on this host.
async fn settle(mut response: Response, host: Option<&HeaderValue>) -> Response {
    keep_redirect_here(response.headers_mut(), host);
    said::remember(response.headers_mut());
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side.\n",
        );
    };
    let status = serde_json::from_slice::<ApiError>(&bytes)
        .ok()
        .map(|error| error.status());
    if let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// A form without JavaScript is sent back to its `Referer`; only if that is a page of ours.
fn keep_redirect_here(headers: &mut HeaderMap, host: Option<&HeaderValue>) {
    let Some(location) = headers.get(header::LOCATION) else {
        return;
    };
    let local = location
        .to_str()
        .ok()
        .and_then(|location| local_path(location, host?.to_str().ok()?));
    let safe = local.and_then(|path| HeaderValue::from_str(&path).ok());
    headers.insert(
        header::LOCATION,
        safe.unwrap_or(HeaderValue::from_static("/admin/tenants")),
    );
}

fn local_path(location: &str, host: &str) -> Option<String> {
    // What is left of a query whose parts were taken out.
    let location = location.trim_end_matches('?');
    if location.starts_with('/') && !location.starts_with("//") && !location.contains('\\') {
        return Some(location.to_owned());
    }
    let rest = location
        .strip_prefix("http://")
        .or_else(|| location.strip_prefix("https://"))?;
    let path = rest.strip_prefix(host)?;
    path.starts_with('/').then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_this_host() {
        let host = "127.0.0.1:8080";
        assert_eq!(
            local_path("/admin/x?a=b", host).as_deref(),
            Some("/admin/x?a=b")
        );
        assert_eq!(
            local_path("http://127.0.0.1:8080/admin", host).as_deref(),
            Some("/admin")
        );
        assert_eq!(local_path("/admin/x?", host).as_deref(), Some("/admin/x"));
        for bad in [
            "//evil.example/",
            "https://evil.example/p?",
            "http://127.0.0.1:8080.evil.example/",
            "/\\evil",
        ] {
            assert_eq!(local_path(bad, host), None, "{bad}");
        }
    }
}
