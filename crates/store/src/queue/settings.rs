//! How long a lease lasts, and how much one tenant may have under way.

use std::time::Duration;

use domain::time::SECOND;

/// How a process works on the queue; what of it others have to know stands in its row of `workers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a worker may be silent before its runs are taken from it.
    pub lease: Duration,
    /// How many runs of one tenant may be under way at once, on all machines together.
    pub tenant_limit: i64,
    /// How many runs may use one provider connection at once, on all machines together.
    pub connection_limit: i64,
}

/// Sixteen: four times the slots of a process as it is set up, so that one tenant alone keeps a small
/// installation busy, and cannot have all of a large one.
const TENANT_LIMIT: i64 = 16;
/// Eight: a run has one call under way at a time, and Graph answers in about 100 ms; eight runs make some
/// 80 calls a second, about what the strictest services of Graph grant one application in one directory.
const CONNECTION_LIMIT: i64 = 8;

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            tenant_limit: TENANT_LIMIT,
            connection_limit: CONNECTION_LIMIT,
        }
    }
}

impl QueueSettings {
    /// How often a worker says that it is alive: two beats may be lost before its lease is.
    pub fn heartbeat(&self) -> Duration {
        self.lease / 3
    }

    /// How often a process looks for the runs of others that fell silent.
    pub fn sweep(&self) -> Duration {
        self.lease / 6
    }

    /// For how long after it was asked for a lease certainly holds: nobody takes it before, whatever clocks do.
    pub fn certain(&self) -> Duration {
        Self::certain_of(self.lease)
    }

    /// The same of a lease of another length.
    pub(crate) fn certain_of(lease: Duration) -> Duration {
        lease - lease / 3
    }

    /// The longest from the death of a worker until its runs are queued again, while another process looks on.
    ///
    /// The last renewal is seen within one sweep; then the lease runs out, and the sweep after that takes the run.
    pub fn rescue_within(&self) -> Duration {
        self.sweep() + self.lease + self.sweep()
    }

    /// The lease in microseconds, as the database counts.
    pub(crate) fn lease_micros(&self) -> i64 {
        i64::try_from(self.lease.as_micros()).unwrap_or(30 * SECOND)
    }
}
