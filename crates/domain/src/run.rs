//! The life of a run: its status, its outcome, and the only changes there are.

use crate::words::words;

words! {
    /// Where a run is in its life.
    pub enum RunStatus {
        /// Waiting for a worker and for the gate.
        Queued = "queued",
        /// Allowed by the gate and being worked on.
        Running = "running",
        /// Over; nothing about it changes any more.
        Completed = "completed",
    }
}

words! {
    /// How a run ended.
    pub enum RunOutcome {
        /// Not over yet.
        Pending = "pending",
        /// All of it was done.
        Succeeded = "succeeded",
        /// Some of it was done.
        PartiallySucceeded = "partially_succeeded",
        /// Refused by the gate, or a bulk of which nothing was let start; never a failure.
        Blocked = "blocked",
        /// Tried and not done.
        Failed = "failed",
        /// Ended by a person.
        Cancelled = "cancelled",
        /// Nobody can know without looking at the provider; a person decides.
        Indeterminate = "indeterminate",
    }
}

words! {
    /// In whose name a run is authorised when it starts (L-01).
    pub enum AuthorityMode {
        /// The person who asked must still be allowed.
        ActorBound = "actor_bound",
        /// The operation type must be on the system allow-list.
        SystemAuthority = "system_authority",
    }
}

words! {
    /// At which moment the gate spoke.
    pub enum DecisionPhase {
        /// When a person asked for the run.
        Request = "request",
        /// Before the first attempt.
        Start = "start",
        /// Before a later attempt, after a crash or a retry.
        Rescue = "rescue",
        /// Between two batches of a running run.
        Checkpoint = "checkpoint",
    }
}

/// Whether a run may go from one status to another; every other change is refused by the database too.
pub const fn transition_allowed(from: RunStatus, to: RunStatus) -> bool {
    use RunStatus::{Completed, Queued, Running};
    matches!(
        (from, to),
        (Queued, Running) | (Queued, Completed) | (Running, Queued) | (Running, Completed)
    )
}

/// What can be told of a run before its row is read in full: the state a badge shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct RunState {
    /// Where the run is.
    pub status: RunStatus,
    /// How it ended, or `pending`.
    pub outcome: RunOutcome,
}

impl RunState {
    /// The word shown and filtered by: the outcome once there is one, else the status.
    pub const fn word(self) -> &'static str {
        match self.outcome {
            RunOutcome::Pending => self.status.as_str(),
            outcome => outcome.as_str(),
        }
    }

    /// Whether the run is over.
    pub const fn is_over(self) -> bool {
        matches!(self.status, RunStatus::Completed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r03_the_state_table_has_four_changes_and_no_more() {
        let mut allowed = Vec::new();
        for from in RunStatus::ALL {
            for to in RunStatus::ALL {
                if transition_allowed(*from, *to) {
                    allowed.push((from.as_str(), to.as_str()));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                ("queued", "running"),
                ("queued", "completed"),
                ("running", "queued"),
                ("running", "completed"),
            ]
        );
    }
}
