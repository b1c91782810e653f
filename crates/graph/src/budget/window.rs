//! A limit that slides with the time.

use std::time::Duration;

use tokio::time::Instant;

/// Into how many slots a window is cut.
const SLOTS: usize = 20;

/// So many units in so long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    units: u32,
    window: Duration,
}

impl Limit {
    pub(super) const fn of(units: u32, seconds: u64) -> Self {
        Self {
            units,
            window: Duration::from_secs(seconds),
        }
    }
}

/// What was spent in the last window, by slots.
#[derive(Debug)]
pub(super) struct Window {
    limit: Limit,
    slots: [u32; SLOTS],
    /// The number of the newest slot, counted from `origin`.
    newest: u64,
    origin: Instant,
}

impl Window {
    pub(super) fn new(limit: Limit, now: Instant) -> Self {
        Self {
            limit,
            slots: [0; SLOTS],
            newest: 0,
            origin: now,
        }
    }

    fn slot_length(&self) -> Duration {
        self.limit.window / u32::try_from(SLOTS).unwrap_or(1)
    }

    fn slot(&mut self, number: u64) -> Option<&mut u32> {
        let at = usize::try_from(number).unwrap_or(0) % SLOTS;
        self.slots.get_mut(at)
    }

    /// Forgets what lies before the window that ends now.
    fn advance(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.origin).as_nanos();
        let number =
            u64::try_from(since / self.slot_length().as_nanos().max(1)).unwrap_or(u64::MAX);
        let passed = number.saturating_sub(self.newest).min(SLOTS as u64);
        for step in 0..passed {
            if let Some(slot) = self.slot(number - step) {
                *slot = 0;
            }
        }
        self.newest = self.newest.max(number);
    }

    /// How long until there is room; a cost above the whole limit waits for an empty window.
    pub(super) fn wait(&mut self, units: u32, now: Instant) -> Duration {
        self.advance(now);
        let used: u32 = self.slots.iter().sum();
        let most = self.limit.units.saturating_sub(units);
        if used <= most {
            return Duration::ZERO;
        }
        let mut left = used;
        let length = self.slot_length();
        for age in (0..SLOTS as u64).rev() {
            let Some(number) = self.newest.checked_sub(age) else {
                continue;
            };
            left -= self.slot(number).map_or(0, |slot| *slot).min(left);
            if left <= most {
                // That slot leaves the window when the one that reuses its place begins.
                let begins =
                    self.origin + length * u32::try_from(number + SLOTS as u64).unwrap_or(u32::MAX);
                return begins.saturating_duration_since(now);
            }
        }
        self.limit.window
    }

    pub(super) fn spend(&mut self, units: u32) {
        let newest = self.newest;
        if let Some(slot) = self.slot(newest) {
            *slot = slot.saturating_add(units);
        }
    }

    /// Whether nothing was spent in the window that ends now.
    pub(super) fn is_empty(&mut self, now: Instant) -> bool {
        self.advance(now);
        self.slots.iter().all(|slot| *slot == 0)
    }
}
