//! What pressing a start button answers.

use serde::{Deserialize, Serialize};

use crate::{ids::RunId, words::words};

words! {
    /// What became of a start.
    pub enum StartResult {
        /// A new run is queued.
        Accepted = "accepted",
        /// The same is already active.
        Deduped = "deduped",
        /// Another operation is active on the same connection.
        ScopeBusy = "scope_busy",
        /// A prerequisite is missing; the run says what to do.
        Blocked = "blocked",
    }
}

/// The answer to a start: what became of it, the run to look at, and words for a toast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartAnswer {
    /// What became of it.
    pub result: StartResult,
    /// The run `View run` leads to.
    pub run_id: RunId,
    /// What the run does.
    pub operation: String,
    /// A sentence for the toast.
    pub message: String,
}
