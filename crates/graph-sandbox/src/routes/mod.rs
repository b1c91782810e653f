//! From a request to an answer.

mod batch;
mod change;
mod control;
mod discovery;
mod entry;
mod finish;
mod graph;
mod request;
mod scripted;
mod token;

use axum::Router;

use crate::Sandbox;

/// One door for everything: resource paths carry keys in parentheses and other
/// things that a route table does not see.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(entry::handle).with_state(sandbox)
}
