//! How much of the world the model holds.

/// How many of each there are; what is larger shows nothing new and costs time.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Worker processes, each with one slot.
    pub workers: usize,
    /// Runs that were asked for.
    pub runs: usize,
    /// Attempts of a run; a rescue beyond them ends the run.
    pub attempts: u8,
    /// How often the grant is revoked or given back.
    pub changes: u8,
}

impl Bounds {
    /// What claims, rescues and ends of two runs do to each other.
    pub const TWO_RUNS: Self = Self {
        workers: 2,
        runs: 2,
        attempts: 3,
        changes: 2,
    };

    /// What a replaced attempt, and the one before it, can still do.
    pub const THREE_WORKERS: Self = Self {
        workers: 3,
        runs: 1,
        attempts: 4,
        changes: 4,
    };
}
