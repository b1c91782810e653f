//! Answers to a page that asks again by itself.

use serde::{Deserialize, Serialize};

use super::{HeaderView, OperationsView, RunView, TenantView, TenantsView};
use crate::time::Timestamp;

/// What a poll answers: nothing new, or the whole view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Live<T> {
    /// The page already shows what there is to show.
    Unchanged {
        /// Server time of this answer: ages go on while nothing else does.
        as_of: Timestamp,
        /// What to name in the next poll.
        version: String,
    },
    /// There is something new.
    Changed(T),
}

/// A view that a page keeps asking about.
pub trait Polled {
    /// Names what is shown; empty when the server does not compare.
    fn version(&self) -> &str {
        ""
    }

    /// Server time of the answer, where the page shows ages.
    fn as_of(&self) -> Option<Timestamp>;
}

macro_rules! polled {
    ($($view:ty),+) => {$(
        impl Polled for $view {
            fn version(&self) -> &str {
                &self.version
            }

            fn as_of(&self) -> Option<Timestamp> {
                Some(self.as_of)
            }
        }
    )+};
}

polled!(OperationsView, RunView, TenantView);

impl Polled for TenantsView {
    fn as_of(&self) -> Option<Timestamp> {
        Some(self.as_of)
    }
}

impl Polled for HeaderView {
    fn as_of(&self) -> Option<Timestamp> {
        None
    }
}
