//! The error of every server function: `ApiError`, as JSON.

use domain::error::ApiError;
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
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => unfit(),
            // The server reads what browsers send, a browser what the server answers.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) => unfit(),
            ServerFnErrorErr::Request(_) => ApiError::Unavailable,
            _ => internal(),
        };
        #[cfg(feature = "ssr")]
        crate::compat::set_status(&error);
        Self(error)
    }
}

/// The page was drawn by another version than the one that answers.
fn unfit() -> ApiError {
    ApiError::invalid(
        "request",
        "the form does not fit this version; reload the page",
    )
}

/// Somebody will look for the request's id: the log has it, and nothing of what was sent.
#[cfg(feature = "ssr")]
fn internal() -> ApiError {
    let request_id = crate::request::request_id();
    tracing::error!(request.id = %request_id, "request {request_id}: a server function could not read its request or write its answer");
    ApiError::Internal { request_id }
}

#[cfg(not(feature = "ssr"))]
fn internal() -> ApiError {
    ApiError::Internal {
        request_id: domain::ids::RequestId::from_uuid(uuid::Uuid::nil()),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_does_not_fit_is_422_and_its_text_stays_inside() {
        for read in [
            ServerFnErrorErr::Args("secret".to_owned()),
            ServerFnErrorErr::Deserialization("secret".to_owned()),
        ] {
            let AppError(error) = AppError::from_server_fn_error(read);
            assert_eq!(error.status(), 422);
            let told = error.to_string();
            assert!(
                told.contains("reload the page") && !told.contains("secret"),
                "{told}"
            );
        }
    }
}
