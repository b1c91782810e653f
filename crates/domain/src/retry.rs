//! When a run is tried again by itself: after failures that pass, a bounded number of times, with growing pauses.

use crate::time::{MINUTE, SECOND};

/// The longest wait a provider may ask for and still be waited for.
///
/// A run that waits keeps its tenant's connection from other operations; beyond this it ends, and a person
/// or a schedule starts it again.
pub const LONGEST_STATED_WAIT: i64 = 5 * MINUTE;

/// The reasons of failures that may be gone a moment later, with nothing changed by people.
///
/// That nobody heard of a handler in all its time says nothing of what it read: it is unknown, not wrong.
const PASSING: [&str; 5] = [
    "provider_throttled",
    "provider_unreachable",
    "provider_error",
    "database_busy",
    TIMED_OUT,
];

/// The reason of a run that took longer than a run may.
const TIMED_OUT: &str = "timed_out";

/// Whether a failure with this reason may be gone when the run is tried again.
pub fn passes(reason_code: &str) -> bool {
    PASSING.contains(&reason_code)
}

/// Where between nothing and the whole a pause lies: parts of 2³², drawn at random, or set by a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance(pub u32);

impl Chance {
    /// The part of a length that this chance means.
    const fn of(self, length: i64) -> i64 {
        // Both factors are small enough: a pause is at most hours, in microseconds.
        ((length as i128 * self.0 as i128) >> 32) as i64
    }
}

/// How often an operation is tried, and how long it pauses in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many tries a run has in all.
    pub tries: i64,
    /// The longest pause before the second try, in microseconds; it doubles with each further try.
    pub base: i64,
    /// The longest pause there is, in microseconds.
    pub cap: i64,
}

impl RetryPolicy {
    /// One try: for work that must not be repeated without a look at what it did.
    pub const NEVER: Self = Self {
        tries: 1,
        base: 0,
        cap: 0,
    };

    /// A person waits for it: few tries, soon after each other.
    pub const SOON: Self = Self {
        tries: 3,
        base: 2 * SECOND,
        cap: 30 * SECOND,
    };

    /// Nobody waits for it: more tries, over minutes.
    pub const PATIENT: Self = Self {
        tries: 4,
        base: 5 * SECOND,
        cap: 2 * MINUTE,
    };

    /// The same for a run that failed for these reasons.
    ///
    /// Who took all the time there is held a slot for as long; it gets one more try, and not as many as a failure
    /// that costs a moment.
    pub fn after<'a>(self, mut reason_codes: impl Iterator<Item = &'a str>) -> Self {
        let is_late = reason_codes.any(|reason| reason == TIMED_OUT);
        let tries = if is_late {
            self.tries.min(2)
        } else {
            self.tries
        };
        Self { tries, ..self }
    }

    /// The pause before the next try of a run that was retried `retries` times; `None` when it has no more,
    /// or is asked to wait for too long.
    ///
    /// Full jitter: anything from nothing to a bound that doubles, so that runs which failed together do not
    /// come back together. What the provider asked for comes before that, whole.
    pub fn pause(&self, retries: i64, chance: Chance, stated: Option<i64>) -> Option<i64> {
        if retries + 1 >= self.tries {
            return None;
        }
        let stated = stated.unwrap_or(0).max(0);
        if stated > LONGEST_STATED_WAIT {
            return None;
        }
        let doublings = u32::try_from(retries).unwrap_or(0).min(30);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        Some(stated + chance.of(bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Chance = Chance(u32::MAX);
    const HALF: Chance = Chance(1 << 31);

    #[test]
    fn l08_pauses_double_up_to_a_cap_and_end() {
        let policy = RetryPolicy {
            tries: 6,
            base: 10 * SECOND,
            cap: 35 * SECOND,
        };
        let halves: Vec<_> = (0..6).map(|n| policy.pause(n, HALF, None)).collect();
        let seconds = |s: i64| Some(s * SECOND / 2);
        assert_eq!(
            halves,
            [
                seconds(10),
                seconds(20),
                seconds(35),
                seconds(35),
                seconds(35),
                None
            ]
        );
        assert_eq!(policy.pause(0, Chance(0), None), Some(0), "full jitter");
        assert!(policy.pause(0, WHOLE, None) < Some(10 * SECOND));
    }

    #[test]
    fn l08_what_the_provider_asks_for_is_waited_for_whole_or_not_at_all() {
        let policy = RetryPolicy::PATIENT;
        assert_eq!(policy.pause(0, Chance(0), Some(7)), Some(7));
        let most = policy.pause(0, WHOLE, Some(LONGEST_STATED_WAIT)).unwrap();
        assert!(most > LONGEST_STATED_WAIT && most <= LONGEST_STATED_WAIT + policy.base);
        for huge in [LONGEST_STATED_WAIT + 1, i64::MAX] {
            assert_eq!(policy.pause(0, WHOLE, Some(huge)), None);
        }
        assert_eq!(policy.pause(0, Chance(0), Some(-5)), Some(0));
        assert_eq!(policy.pause(2, Chance(0), Some(1)), Some(1));
        assert_eq!(policy.pause(3, Chance(0), Some(1)), None, "the fourth try");
    }

    #[test]
    fn l08_who_took_all_of_its_time_has_one_more_try() {
        let after = |reasons: &[&'static str]| RetryPolicy::PATIENT.after(reasons.iter().copied());
        assert_eq!(after(&["provider_throttled"]), RetryPolicy::PATIENT);
        let late = after(&["provider_throttled", "timed_out"]);
        assert!(late.pause(0, HALF, None).is_some());
        assert_eq!(late.pause(1, HALF, None), None);
        let never = RetryPolicy::NEVER.after(["timed_out"].into_iter());
        assert_eq!(never.pause(0, HALF, None), None);
    }

    #[test]
    fn l08_one_try_is_one_try() {
        assert_eq!(RetryPolicy::NEVER.pause(0, Chance(0), None), None);
    }
}
