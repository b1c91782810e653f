//! The queue as a whole: its settings, whose turn it is, pauses, the processes that work, and why a run waits.

mod admission;
mod hints;
mod pauses;
mod plan;
mod realign;
mod ring;
mod settings;
mod turns;
mod waiting;
mod workers;

pub use hints::HintReport;
pub use pauses::QueuePause;
pub use settings::QueueSettings;
pub use workers::{WorkerCard, WorkerRow};

pub(crate) use admission::Admission;
pub(crate) use hints::Hints;
pub(crate) use plan::{Share, Slots};
pub(crate) use turns::Turns;
pub(crate) use workers::GONE;

/// A scope as statements take it, and as its lock is named.
pub(crate) fn scope_key(scope: domain::ids::ScopeId) -> String {
    scope.as_uuid().simple().to_string()
}
