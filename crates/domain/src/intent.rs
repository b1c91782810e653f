//! What is known of a write to a provider that a run set out for.

use crate::words::words;

words! {
    /// What is known of a write.
    pub enum IntentState {
        /// Set out for; after a crash it may have happened or not.
        Open = "open",
        /// It happened.
        Done = "done",
        /// It did not happen.
        Failed = "failed",
        /// Nobody can know without looking at the provider; a person is asked.
        Indeterminate = "indeterminate",
        /// A person has looked, and said.
        Resolved = "resolved",
    }
}

words! {
    /// What a person found who looked at the provider.
    pub enum IntentAnswer {
        /// The change is there.
        Applied = "applied",
        /// The change is not there.
        NotApplied = "not_applied",
    }
}

impl IntentAnswer {
    /// What the answer says, as its button does.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Applied => "It was applied",
            Self::NotApplied => "It was not applied",
        }
    }
}
