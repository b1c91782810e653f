//! What is looked at when a trial is over.

pub(crate) mod authority;
mod histories;
pub(crate) mod journal;
pub(crate) mod late;
pub(crate) mod owner;
pub(crate) mod pauses;
pub(crate) mod slots;
pub(crate) mod writes;

use domain::ids::RunId;
use serde::Serialize;

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Broken {
    /// Which promise.
    pub(crate) rule: String,
    /// By which run, where it is one run's.
    pub(crate) run: Option<RunId>,
    /// The rows that show it.
    pub(crate) what: String,
}

impl From<store::Violation> for Broken {
    fn from(violation: store::Violation) -> Self {
        Self {
            rule: violation.rule,
            run: violation.run,
            what: violation.what,
        }
    }
}

pub(crate) fn broken(rule: &str, run: RunId, what: String) -> Broken {
    Broken {
        rule: rule.to_owned(),
        run: Some(run),
        what,
    }
}

pub(crate) fn of_trial(rule: &str, what: String) -> Broken {
    Broken {
        rule: rule.to_owned(),
        run: None,
        what,
    }
}
