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
    /// The lease in microseconds, as the database counts.
    pub(crate) fn lease_micros(&self) -> i64 {
        i64::try_from(self.lease.as_micros()).unwrap_or(30 * SECOND)
    }
}
