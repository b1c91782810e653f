//! A view's version: a hash over what it shows, so that a poll with nothing new is cheap to answer.

use domain::views::Live;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The version of a view; its own `version` and `as_of` must be the same for equal content when called.
pub(crate) fn version_of<T: Serialize>(view: &T) -> String {
    let bytes = serde_json::to_vec(view).unwrap_or_default();
    let hash = Sha256::digest(&bytes);
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Answers a poll: nothing, when the page shows this version already.
pub(crate) fn live<T>(view: T, version: &str, shown: Option<&str>) -> Live<T> {
    if shown == Some(version) {
        Live::Unchanged
    } else {
        Live::Changed(view)
    }
}
