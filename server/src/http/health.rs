//! Whether the process lives, and whether it can do its work.

use axum::{extract::State, http::StatusCode, response::Response};
use operations::Services;

use super::plain;

/// The process answers.
pub(super) async fn alive() -> Response {
    plain(StatusCode::OK, "alive\n")
}

/// The database answers too.
pub(super) async fn ready(State(services): State<Services>) -> Response {
    match services.store().ping().await {
        Ok(()) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}
