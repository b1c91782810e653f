//! A run as JSON, for the person who looks at its page; not an API: the session's cookie opens it,
//! and its rules are the page's (V-02).

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{
    error::ApiError,
    ids::{RequestId, RunId},
    link,
};
use operations::{Presence, Services};

/// Gives a run as a JSON file; somebody signed out is led to sign in, and on to the run's page.
pub(super) async fn download(
    State(services): State<Services>,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match export(&services, request, &id, &headers).await {
        Ok(response) => response,
        Err(ApiError::SignedOut) => {
            let page = id.parse::<RunId>().map(link::run);
            let next = page.map_or_else(
                |_| link::SIGN_IN.to_owned(),
                |page| link::sign_in_then(&page),
            );
            Redirect::to(&next).into_response()
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(error)).into_response()
        }
    }
}

async fn export(
    services: &Services,
    request: RequestId,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let token = app::request::cookie_in(headers, app::request::COOKIE);
    let token = token.ok_or(ApiError::SignedOut)?;
    let scope = services.scope(&token, request, Presence::ByHand).await?;
    let scope = scope.ok_or(ApiError::SignedOut)?;
    let run = services.run_export(&scope, id).await?;
    let text = serde_json::to_string_pretty(&run).map_err(|_| ApiError::Internal {
        request_id: request,
    })?;
    let name = format!("attachment; filename=\"run-{}.json\"", run.id);
    let mut response = (
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        text,
    )
        .into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
