//! The one way in which a trial waits for something to come about in another process.
//!
//! Nothing tells from outside that a process has written a row, a line of its log, or called a provider. So a
//! trial looks again, with a pause that is short beside what it waits for, and for a bounded time, of which only
//! that counts in which the machine had its processors. What it concludes is concluded from what it saw; how long
//! that took decides about nothing but giving up.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::processors::Share;

const PAUSE: Duration = Duration::from_millis(20);

/// A machine that had less of its processors is waited for no longer than one that had so much.
const LEAST: f64 = 0.1;

/// A bounded wait, for whoever looks by themselves.
pub(crate) struct Wait {
    begun: Instant,
    share: Share,
    bound: Duration,
}

impl Wait {
    /// Begins one.
    pub(crate) fn within(bound: Duration) -> Self {
        Self {
            begun: Instant::now(),
            share: Share::from_now(),
            bound,
        }
    }

    /// Pauses; answers whether to look again.
    pub(crate) async fn again(&self) -> bool {
        let elapsed = self.begun.elapsed();
        if elapsed >= self.bound && elapsed.mul_f64(self.share.had().max(LEAST)) >= self.bound {
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
