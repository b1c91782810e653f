//! What became of the slots that had come.

use crate::error::StoreError;

/// What a look at the schedules led to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Ticked {
    /// Slots that have a run now, queued or born blocked.
    pub runs: usize,
    /// Slots that were skipped.
    pub skipped: usize,
    /// Slots that nobody was there for.
    pub missed: usize,
    /// Slots that wait for the tenant's connection.
    pub waiting: usize,
}

impl Ticked {
    pub(super) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.skipped += other.skipped;
        self.missed += other.missed;
        self.waiting += other.waiting;
    }

    /// The answer for all schedules, some of which may have a fault.
    pub(super) fn beside(self, faults: Vec<StoreError>) -> Result<Self, StoreError> {
        if faults.is_empty() {
            return Ok(self);
        }
        let ticked = self;
        Err(StoreError::FaultySchedules { faults, ticked })
    }
}
