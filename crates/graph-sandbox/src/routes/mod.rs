//! From a request to an answer.

mod batch;
mod body;
mod consent;
mod control;
mod deleted;
mod delta;
mod directory;
mod discovery;
pub(crate) mod drift;
mod entry;
mod finish;
mod graph;
mod list;
mod memberships;
mod objects;
mod overviews;
mod owners;
mod prefer;
mod read;
mod request;
mod scripted;
mod singletons;
mod token;
mod unknown;
mod write;

pub(crate) use graph::short;

use axum::Router;

use crate::Sandbox;

/// One door for everything: resource paths carry keys in parentheses and other
/// things that a route table does not see.
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new().fallback(entry::handle).with_state(sandbox)
}

/// Reads a batch as the service does; whether it can be read.
pub(crate) fn batch_is_readable(body: &[u8]) -> bool {
    batch::read(body).is_ok()
}
