//! The one way in which a trial waits for something to come about in another process.
//!
//! Nothing tells from outside that a process has written a row, a line of its log, or called a provider. So a
//! trial looks again, with a pause that is short beside what it waits for, and for a bounded time. What it
//! concludes is concluded from what it saw; how long that took decides about nothing but giving up.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(20);

/// A bounded wait, for whoever looks by themselves.
pub(crate) struct Wait {
    begun: Instant,
    bound: Duration,
}

impl Wait {
    /// Begins one.
    pub(crate) fn within(bound: Duration) -> Self {
        let begun = Instant::now();
        Self { begun, bound }
    }

    /// Pauses; answers whether to look again.
    pub(crate) async fn again(&self) -> bool {
        if self.begun.elapsed() >= self.bound {
            return false;
        }
        sleep(PAUSE).await;
        true
    }
}

/// Looks until something is so; answers whether it came about in time. What cannot be asked now is not so yet.
pub(crate) async fn until(bound: Duration, mut is_so: impl AsyncFnMut() -> Result<bool>) -> bool {
    let wait = Wait::within(bound);
    while !matches!(is_so().await, Ok(true)) {
        if !wait.again().await {
            return false;
        }
    }
    true
}
