//! Bulk runs: what can become of one of their items, and what that makes of the whole.

use std::collections::BTreeMap;

use crate::{
    run::RunOutcome,
    summary::{CountKey, SummaryCounts},
    words::words,
};

/// How many tenants a bulk run can be over.
pub const MOST_TENANTS: usize = 500;

/// Why a bulk run is blocked of which no item was let start; each item bears a reason of its own.
pub const NOTHING_STARTED: &str = "items_refused_or_left_out";

words! {
    /// What became of one item of a bulk run.
    pub enum BulkState {
        /// Its run has not been asked for yet.
        Waiting = "waiting",
        /// Its run waits for a worker.
        Queued = "queued",
        /// Its run is being worked on.
        Running = "running",
        /// Its run did all of its work.
        Succeeded = "succeeded",
        /// Its run did some of it.
        PartiallySucceeded = "partially_succeeded",
        /// Its run tried and did not.
        Failed = "failed",
        /// The gate refused, as it was asked for or as it was to start.
        Blocked = "blocked",
        /// A person ended its run.
        Cancelled = "cancelled",
        /// Nobody can know without looking at the provider.
        Indeterminate = "indeterminate",
        /// Another run stood in its way; it is the one that is named.
        Skipped = "skipped",
        /// The whole was over before its turn came.
        NotStarted = "not_started",
    }
}

words! {
    /// Why an item was left out.
    pub enum SkipReason {
        /// The same is queued or running in that tenant.
        AlreadyActive = "already_active",
        /// Another operation uses that tenant's connection.
        ConnectionInUse = "connection_in_use",
    }
}

impl SkipReason {
    /// What it means, in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AlreadyActive => "The same is already queued or running there.",
            Self::ConnectionInUse => {
                "Another operation on this tenant\u{2019}s connection is waiting or running."
            }
        }
    }
}

impl BulkState {
    /// Whether nothing more will become of the item.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Queued | Self::Running)
    }

    /// The summary count that it adds to, besides the total; none while it is open or was never begun.
    const fn key(self) -> Option<CountKey> {
        match self {
            Self::Waiting | Self::Queued | Self::Running | Self::NotStarted => None,
            Self::Succeeded => Some(CountKey::Succeeded),
            Self::Blocked => Some(CountKey::Blocked),
            Self::Skipped => Some(CountKey::Skipped),
            Self::Cancelled => Some(CountKey::Cancelled),
            // What is not known to be done whole is not shown as done.
            Self::PartiallySucceeded | Self::Failed | Self::Indeterminate => Some(CountKey::Failed),
        }
    }
}

/// How many items of a bulk run are in which state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkTally(BTreeMap<BulkState, u64>);

impl BulkTally {
    /// Adds items in a state.
    pub fn add(&mut self, state: BulkState, more: u64) {
        *self.0.entry(state).or_insert(0) += more;
    }

    /// Whether nothing more will become of any item.
    pub fn is_over(&self) -> bool {
        self.0.keys().all(|state| state.is_over())
    }

    /// Whether nothing is under way, though some of it may never have been begun.
    pub fn is_wound_down(&self) -> bool {
        self.of(BulkState::Queued) + self.of(BulkState::Running) == 0
    }

    /// Whether an item went wrong, instead of being refused or left out.
    fn has_failure(&self) -> bool {
        let gone_wrong = [
            BulkState::Failed,
            BulkState::Cancelled,
            BulkState::Indeterminate,
        ];
        gone_wrong.iter().any(|state| self.of(*state) > 0)
    }

    /// Whether an item did all or some of its work.
    pub fn has_success(&self) -> bool {
        self.of(BulkState::Succeeded) + self.of(BulkState::PartiallySucceeded) > 0
    }

    fn of(&self, state: BulkState) -> u64 {
        self.0.get(&state).copied().unwrap_or(0)
    }

    fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The items as summary counts.
    pub fn counts(&self) -> SummaryCounts {
        let mut counts = SummaryCounts::default();
        for key in [
            CountKey::Total,
            CountKey::Processed,
            CountKey::Succeeded,
            CountKey::Failed,
            CountKey::Skipped,
            CountKey::Blocked,
            CountKey::Cancelled,
        ] {
            counts.set(key, 0);
        }
        for (state, number) in &self.0 {
            counts.add(CountKey::Total, *number);
            if let Some(key) = state.key() {
                counts.add(CountKey::Processed, *number);
                counts.add(key, *number);
            }
        }
        counts
    }

    /// How the whole ended: succeeded only when every item did, and failed only when one went wrong.
    ///
    /// Where all were refused or left out it is blocked, as each of them was kept from starting.
    pub fn outcome(&self) -> RunOutcome {
        let done = self.of(BulkState::Succeeded);
        let some = self.of(BulkState::PartiallySucceeded);
        if self.total() > 0 && done == self.total() {
            RunOutcome::Succeeded
        } else if done + some > 0 {
            RunOutcome::PartiallySucceeded
        } else if self.total() == 0 || self.has_failure() {
            RunOutcome::Failed
        } else {
            RunOutcome::Blocked
        }
    }
}

impl FromIterator<(BulkState, u64)> for BulkTally {
    fn from_iter<I: IntoIterator<Item = (BulkState, u64)>>(items: I) -> Self {
        let mut tally = Self::default();
        for (state, number) in items {
            tally.add(state, number);
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b07_the_whole_is_what_its_items_are_and_partial_is_never_success() {
        use BulkState::{Blocked, Cancelled, Failed, Indeterminate, PartiallySucceeded, Succeeded};
        let outcome = |states: &[BulkState]| {
            let tally: BulkTally = states.iter().map(|state| (*state, 1)).collect();
            tally.outcome()
        };
        assert_eq!(outcome(&[Succeeded, Succeeded]), RunOutcome::Succeeded);
        for other in BulkState::ALL.iter().filter(|s| **s != Succeeded) {
            let mixed = outcome(&[Succeeded, *other]);
            assert_eq!(mixed, RunOutcome::PartiallySucceeded, "{other}");
        }
        assert_eq!(
            outcome(&[PartiallySucceeded, Blocked]),
            RunOutcome::PartiallySucceeded
        );
        for wrong in [Failed, Cancelled, Indeterminate] {
            assert_eq!(outcome(&[wrong, wrong]), RunOutcome::Failed, "{wrong}");
            assert_eq!(outcome(&[Blocked, wrong]), RunOutcome::Failed, "{wrong}");
        }
        assert_eq!(outcome(&[]), RunOutcome::Failed);
    }

    #[test]
    fn l13_a_bulk_of_which_nothing_was_let_start_is_blocked_and_did_not_fail() {
        use BulkState::{Blocked, NotStarted, Skipped};
        for kept in [
            [Blocked, Blocked],
            [Blocked, Skipped],
            [Skipped, Skipped],
            [Blocked, NotStarted],
        ] {
            let tally: BulkTally = kept.iter().map(|state| (*state, 1)).collect();
            assert_eq!(tally.outcome(), RunOutcome::Blocked, "{kept:?}");
        }
    }

    #[test]
    fn r08_counts_are_of_what_has_an_outcome() {
        let tally: BulkTally = [
            (BulkState::Waiting, 4),
            (BulkState::Running, 1),
            (BulkState::Succeeded, 3),
            (BulkState::Blocked, 2),
            (BulkState::Skipped, 1),
            (BulkState::Cancelled, 2),
            (BulkState::NotStarted, 5),
        ]
        .into_iter()
        .collect();
        let counts = tally.counts();
        assert_eq!(counts.progress(), Some((8, 18)));
        // What a person ended was not left out.
        assert_eq!(counts.get(CountKey::Cancelled), Some(2));
        assert_eq!(counts.get(CountKey::Skipped), Some(1));
        assert_eq!(counts.get(CountKey::Blocked), Some(2));
        assert!(!tally.is_over());
    }
}
