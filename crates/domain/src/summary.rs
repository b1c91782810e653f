//! Summary counts: numbers under registered keys, and nothing else (R-08).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// A key a summary count may stand under.
    pub enum CountKey {
        /// Items attempted.
        Total = "total",
        /// Items that have an outcome.
        Processed = "processed",
        /// Items done.
        Succeeded = "succeeded",
        /// Items tried and not done.
        Failed = "failed",
        /// Items left out on purpose.
        Skipped = "skipped",
        /// Items refused by the gate.
        Blocked = "blocked",
        /// Items that a person ended.
        Cancelled = "cancelled",
        /// Objects read from the provider.
        Objects = "objects",
    }
}

/// The summary counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SummaryCounts(BTreeMap<CountKey, u64>);

impl SummaryCounts {
    /// Sets a count.
    pub fn set(&mut self, key: CountKey, count: u64) {
        self.0.insert(key, count);
    }

    /// Adds to a count.
    pub fn add(&mut self, key: CountKey, more: u64) {
        *self.0.entry(key).or_insert(0) += more;
    }

    /// The count under a key, where there is one.
    pub fn get(&self, key: CountKey) -> Option<u64> {
        self.0.get(&key).copied()
    }

    /// All counts, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (CountKey, u64)> {
        self.0.iter().map(|(key, count)| (*key, *count))
    }

    /// Whether nothing was counted, as for a run refused at its start.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Processed of total, only where both are known and make sense.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let (done, total) = (self.get(CountKey::Processed)?, self.get(CountKey::Total)?);
        (total > 0 && done <= total).then_some((done, total))
    }
}

impl CountKey {
    /// What the count is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Total => "Total",
            Self::Processed => "Processed",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
            Self::Blocked => "Blocked",
            Self::Cancelled => "Cancelled",
            Self::Objects => "Objects",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r08_progress_comes_from_trustworthy_numbers_alone() {
        let mut counts = SummaryCounts::default();
        assert_eq!(counts.progress(), None);
        counts.set(CountKey::Processed, 3);
        assert_eq!(counts.progress(), None);
        counts.set(CountKey::Total, 2);
        assert_eq!(counts.progress(), None);
        counts.set(CountKey::Total, 4);
        assert_eq!(counts.progress(), Some((3, 4)));
        assert_eq!(
            serde_json::to_string(&counts).unwrap(),
            r#"{"total":4,"processed":3}"#
        );
    }
}
