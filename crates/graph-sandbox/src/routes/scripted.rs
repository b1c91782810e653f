//! Answers that faults put in the place of real ones.

use axum::http::StatusCode;

use crate::errors::{self, Trace};
use crate::reply::{List, Reply};

/// An answer that a fault puts in the place of the real one.
pub(super) fn scripted(status: StatusCode, retry_after: Option<&str>, trace: &Trace) -> Reply {
    let code = match status.as_u16() {
        status if status < 400 => return Reply::list(List::default()),
        400 => "BadRequest",
        401 => "InvalidAuthenticationToken",
        403 => "Authorization_RequestDenied",
        404 => "Request_ResourceNotFound",
        410 => "syncStateNotFound",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceNotAvailable",
        504 => "GatewayTimeout",
        _ => "UnknownError",
    };
    let reply = errors::error(status, code, "Answered so by a scripted fault.", trace);
    match retry_after {
        Some(value) => reply.with("retry-after", value),
        None => reply,
    }
}
