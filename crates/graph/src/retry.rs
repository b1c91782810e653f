//! When a call is made again, and when it is given back to the caller.

mod date;

use std::time::Duration;

use tokio::time::Instant;

use crate::error::GraphError;
use crate::http::{ClientSettings, Reply};

/// What the provider says is cut here, so that no sum of times overflows.
const LONGEST_STATED_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What one call has left of attempts and of time.
#[derive(Debug)]
pub(crate) struct Patience {
    deadline: Instant,
    attempts_left: u32,
    next_backoff: Duration,
}

/// What to do with a reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is an answer, good or bad.
    Final,
    /// Ask again after this time.
    AskAgain(Duration),
    /// It is the caller's turn to wait.
    GiveUp(GraphError),
}

impl Patience {
    pub(crate) fn start(settings: &ClientSettings, now: Instant) -> Self {
        Self {
            deadline: now + settings.max_retry_after.min(LONGEST_STATED_WAIT),
            attempts_left: settings.max_attempts.saturating_sub(1),
            next_backoff: settings.first_backoff,
        }
    }

    /// Brings the deadline forward, where less is left than the settings allow.
    pub(crate) fn end_within(&mut self, left: Duration, now: Instant) {
        self.deadline = self.deadline.min(now + left.min(LONGEST_STATED_WAIT));
    }

    /// The moment after which no attempt may start.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn judge(&mut self, reply: &Reply, now: Instant) -> Verdict {
        if !matches!(reply.status, 429 | 502 | 503 | 504) {
            return Verdict::Final;
        }
        let backoff = self.next_backoff;
        self.next_backoff = backoff.saturating_mul(2);
        let wait = reply.retry_after.unwrap_or_else(|| with_jitter(backoff));
        let in_time = now
            .checked_add(wait)
            .is_some_and(|then| then <= self.deadline);
        if self.attempts_left > 0 && in_time {
            self.attempts_left -= 1;
            return Verdict::AskAgain(wait);
        }
        let request_id = reply.request_id.clone();
        Verdict::GiveUp(if reply.status == 429 || reply.retry_after.is_some() {
            // A provider that says 0 and refuses again is not asked in a tight loop.
            GraphError::Throttled {
                retry_after: wait.max(backoff),
                request_id,
            }
        } else {
            GraphError::ServerError {
                status: reply.status,
                request_id,
            }
        })
    }
}

/// Reads `Retry-After`, in seconds or as a date, the latter against the reply's own `Date`.
pub(crate) fn stated_wait(retry_after: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let stated = retry_after?.trim();
    let seconds = match stated.parse::<u64>() {
        Ok(seconds) => seconds,
        // More digits than fit are still a wait, the longest there is.
        Err(_) if !stated.is_empty() && stated.bytes().all(|b| b.is_ascii_digit()) => u64::MAX,
        Err(_) => date::epoch_seconds(stated)?.saturating_sub(date::epoch_seconds(date?.trim())?),
    };
    Some(Duration::from_secs(seconds).min(LONGEST_STATED_WAIT))
}

/// Between half and the whole of the time, so that many workers do not come back at once.
fn with_jitter(backoff: Duration) -> Duration {
    let Ok(random) = getrandom::u32() else {
        return backoff;
    };
    let half = backoff / 2;
    half + half.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, retry_after: Option<u64>) -> Reply {
        Reply {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            ..Reply::default()
        }
    }

    fn settings() -> ClientSettings {
        ClientSettings {
            max_retry_after: Duration::from_secs(10),
            max_attempts: 3,
            first_backoff: Duration::from_secs(1),
            ..ClientSettings::default()
        }
    }

    #[test]
    fn p01_a_stated_wait_is_kept_exactly_and_bounded_in_sum() {
        let start = Instant::now();
        let mut patience = Patience::start(&settings(), start);
        let wait = Duration::from_secs(6);
        assert_eq!(
            patience.judge(&reply(429, Some(6)), start),
            Verdict::AskAgain(wait)
        );
        assert_eq!(
            patience.judge(&reply(429, Some(6)), start + wait),
            Verdict::GiveUp(GraphError::Throttled {
                retry_after: wait,
                request_id: None
            })
        );
    }

    #[test]
    fn p01_attempts_are_bounded_even_without_a_wait() {
        let now = Instant::now();
        let mut patience = Patience::start(&settings(), now);
        for _ in 0..2 {
            let verdict = patience.judge(&reply(503, Some(0)), now);
            assert_eq!(verdict, Verdict::AskAgain(Duration::ZERO));
        }
        let Verdict::GiveUp(GraphError::Throttled { retry_after, .. }) =
            patience.judge(&reply(503, Some(0)), now)
        else {
            panic!("three attempts are all");
        };
        assert_eq!(retry_after, Duration::from_secs(4), "the backoff, not zero");
    }

    #[test]
    fn p01_without_a_stated_wait_the_pause_grows() {
        let now = Instant::now();
        let mut patience = Patience::start(&settings(), now);
        for (least, most) in [(500, 1000), (1000, 2000)] {
            let Verdict::AskAgain(wait) = patience.judge(&reply(504, None), now) else {
                panic!("an attempt is left");
            };
            assert!((least..=most).contains(&wait.as_millis()), "{wait:?}");
        }
        assert_eq!(
            patience.judge(&reply(504, None), now),
            Verdict::GiveUp(GraphError::ServerError {
                status: 504,
                request_id: None
            })
        );
    }

    #[test]
    fn p01_other_statuses_are_answers() {
        let mut patience = Patience::start(&settings(), Instant::now());
        for status in [200, 400, 401, 403, 404, 500] {
            assert_eq!(
                patience.judge(&reply(status, Some(1)), Instant::now()),
                Verdict::Final
            );
        }
    }

    #[test]
    fn p01_retry_after_is_read_as_seconds_and_as_a_date() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let wait = |stated: &str| stated_wait(Some(stated), date).map(|wait| wait.as_secs());
        assert_eq!(wait(" 17 "), Some(17));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:00 GMT"), Some(23));
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:00:00 GMT"),
            Some(0),
            "in the past"
        );
        assert_eq!(wait("99999999999999999999999"), Some(86_400), "huge");
        for garbage in ["", "-1", "soon", "1.5", "Sun, 99 Xxx 1994 08:50:00 GMT"] {
            assert_eq!(wait(garbage), None, "{garbage}");
        }
        assert_eq!(stated_wait(None, date), None);
        assert_eq!(
            stated_wait(date, None),
            None,
            "nothing to read the date against"
        );
    }
}
