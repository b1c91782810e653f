//! The error of every server function: `ApiError`, as JSON.

use domain::{error::ApiError, ids::RequestId};
use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use crate::codec::JsonText;

/// Why a server function did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub ApiError);

impl From<ApiError> for AppError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    /// Keeps the framework's own texts inside: they may quote what was sent.
    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        let error = match value {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => ApiError::invalid(
                "request",
                "the form does not fit this version; reload the page",
            ),
            ServerFnErrorErr::Request(_) => ApiError::Unavailable,
            _ => ApiError::Internal {
                request_id: request_id(),
            },
        };
        #[cfg(feature = "ssr")]
        crate::compat::set_status(&error);
        Self(error)
    }
}

#[cfg(feature = "ssr")]
fn request_id() -> RequestId {
    crate::request::request_id()
}

#[cfg(not(feature = "ssr"))]
fn request_id() -> RequestId {
    RequestId::from_uuid(uuid::Uuid::nil())
}
