//! From the store's errors to the one error that leaves the server; logged here, once.

use domain::{error::ApiError, ids::RequestId};
use store::StoreError;

/// Turns a store's result into a service's.
pub(crate) trait Answer<T> {
    /// The same, with an error that says nothing it should not.
    fn answer(self, request_id: RequestId) -> Result<T, ApiError>;
}

impl<T> Answer<T> for Result<T, StoreError> {
    fn answer(self, request_id: RequestId) -> Result<T, ApiError> {
        self.map_err(|error| api_error(&error, request_id))
    }
}

fn api_error(error: &StoreError, request_id: RequestId) -> ApiError {
    match error {
        StoreError::NotFound => ApiError::NotFound,
        StoreError::Unavailable(source) => {
            tracing::warn!(request.id = %request_id, error = %source, "database unavailable, request {request_id}");
            ApiError::Unavailable
        }
        StoreError::NotWritable(source) => {
            tracing::error!(request.id = %request_id, error = %source, "database cannot be written, request {request_id}");
            ApiError::NotWritable
        }
        StoreError::LastOwner => ApiError::Conflict {
            message: "This is the last owner. Make somebody else an owner first.".to_owned(),
        },
        StoreError::LastOwnerOfTenant { name } => ApiError::Conflict {
            message: format!(
                "This is the last owner of {}. Make somebody else an owner there first.",
                name.as_deref()
                    .unwrap_or("a tenant that you are no member of")
            ),
        },
        StoreError::Conflict | StoreError::LeaseLost => ApiError::Conflict {
            message: "This was changed meanwhile. Look again and repeat it if it is still wanted."
                .to_owned(),
        },
        busy if busy.is_contention() => {
            let source = std::error::Error::source(busy).map(ToString::to_string);
            tracing::warn!(request.id = %request_id, error = %busy, source, "database busy, request {request_id}");
            ApiError::Unavailable
        }
        other => {
            let source = std::error::Error::source(other).map(ToString::to_string);
            tracing::error!(request.id = %request_id, error = %other, source, "request {request_id} failed");
            ApiError::Internal { request_id }
        }
    }
}
