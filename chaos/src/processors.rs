//! How much of its processors' time a virtual machine had, of which its host may give a part to others.
//!
//! A bound says what a sound program takes on a machine of its own; one that stands still does not count against it.

use std::fs;

/// Ticks of all processors together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticks {
    all: u64,
    /// While something here was ready to go on, and the host had given the processor to another machine.
    taken: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::of(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// From the kernel's words; its fields are told in `proc_stat(5)`.
    fn of(stat: &str) -> Option<Self> {
        const TAKEN: usize = 7;
        let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks = line.split_whitespace().take(TAKEN + 1);
        let ticks: Vec<u64> = ticks.map_while(|it| it.parse().ok()).collect();
        Some(Self {
            all: ticks.iter().sum(),
            taken: *ticks.get(TAKEN)?,
        })
    }
}

/// Counts from a moment on.
#[derive(Debug)]
pub(crate) struct Share {
    begun: Option<Ticks>,
}

impl Share {
    /// Begins to count.
    pub(crate) fn from_now() -> Self {
        Self {
            begun: Ticks::now(),
        }
    }

    /// The part of the time since that was this machine's, from 0 to 1; all of it where the kernel does not tell.
    pub(crate) fn had(&self) -> f64 {
        self.begun
            .zip(Ticks::now())
            .map_or(1.0, |(begun, now)| had(begun, now))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than the first digits"
)]
fn had(begun: Ticks, now: Ticks) -> f64 {
    let all = now.all.saturating_sub(begun.all);
    let taken = now.taken.saturating_sub(begun.taken).min(all);
    if all == 0 {
        return 1.0;
    }
    (all - taken) as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_took_is_the_eighth_figure_and_guests_are_counted_once() {
        let stat = "cpu  10 1 2 30 4 5 6 7 8 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(Ticks::of(stat), Some(Ticks { all: 65, taken: 7 }));
        assert_eq!(Ticks::of("cpu  10 1 2"), None);
        assert_eq!(Ticks::of("intr 5"), None);
    }

    #[test]
    fn a_machine_that_stood_still_for_three_quarters_had_a_quarter() {
        let begun = Ticks {
            all: 100,
            taken: 50,
        };
        let now = Ticks {
            all: 300,
            taken: 200,
        };
        assert!((had(begun, now) - 0.25).abs() < 1e-9);
        assert!((had(begun, begun) - 1.0).abs() < 1e-9);
    }
}
