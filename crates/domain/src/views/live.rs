//! Answers to a page that asks again by itself.

use serde::{Deserialize, Serialize};

/// What a poll answers: nothing new, or the whole view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Live<T> {
    /// The page already shows this version.
    Unchanged,
    /// There is something new.
    Changed(T),
}
