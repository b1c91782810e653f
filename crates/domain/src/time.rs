//! Time: microseconds since 1970 in UTC, and the one way to write it.

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Tells the time; injected, so that tests set it.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in one minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in one hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in one day.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// This moment moved by some microseconds; saturates at the ends of time.
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this moment, never negative: clocks skew, durations do not.
    pub const fn since(self, earlier: Self) -> i64 {
        let gap = self.0.saturating_sub(earlier.0);
        if gap < 0 { 0 } else { gap }
    }

    /// The moment in words of ISO 8601, `2026-11-21T03:29:12Z`.
    pub fn iso(self) -> String {
        let (y, m, d, h, min, s) = self.civil();
        format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}Z")
    }

    /// The moment as pages write it, `2026-11-21 03:29:12 UTC`.
    pub fn exact(self) -> String {
        let (y, m, d, h, min, s) = self.civil();
        format!("{y:04}-{m:02}-{d:02} {h:02}:{min:02}:{s:02} UTC")
    }

    /// The moment to the minute, `2026-11-21 03:29 UTC`, where a second more says nothing.
    pub fn minute(self) -> String {
        let (y, m, d, h, min, _) = self.civil();
        format!("{y:04}-{m:02}-{d:02} {h:02}:{min:02} UTC")
    }

    /// The hour and minute, `03:29`.
    pub fn clock_time(self) -> String {
        let (_, _, _, h, min, _) = self.civil();
        format!("{h:02}:{min:02}")
    }

    /// How long ago this was, seen from `now`: `just now`, `5 min ago`, `3 h ago`, `2 d ago`.
    pub fn ago(self, now: Self) -> String {
        let gap = now.since(self);
        match gap {
            g if g < 10 * SECOND => "just now".to_owned(),
            g if g < MINUTE => format!("{} s ago", g / SECOND),
            g if g < HOUR => format!("{} min ago", g / MINUTE),
            g if g < DAY => format!("{} h ago", g / HOUR),
            g => format!("{} d ago", g / DAY),
        }
    }

    /// Year, month, day, hour, minute, second in UTC, by Hinnant's days-to-civil rule.
    fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let days = self.0.div_euclid(DAY);
        let rest = self.0.rem_euclid(DAY) / SECOND;
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = doy - (153 * mp + 2) / 5 + 1;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        (year, month, day, rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// A duration in microseconds as pages write it: `820 ms`, `4.2 s`, `3 min 12 s`, `2 h 5 min`.
pub fn duration(micros: i64) -> String {
    let micros = micros.max(0);
    match micros {
        m if m < SECOND => format!("{} ms", m / 1000),
        m if m < 10 * SECOND => format!("{}.{} s", m / SECOND, m % SECOND / 100_000),
        m if m < MINUTE => format!("{} s", m / SECOND),
        m if m < HOUR => of_two(m / MINUTE, "min", m % MINUTE / SECOND, "s"),
        m => of_two(m / HOUR, "h", m % HOUR / MINUTE, "min"),
    }
}

fn of_two(whole: i64, unit: &str, rest: i64, smaller: &str) -> String {
    match rest {
        0 => format!("{whole} {unit}"),
        rest => format!("{whole} {unit} {rest} {smaller}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_are_right_at_the_edges() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400 * SECOND, "2000-02-29T00:00:00Z"),
            (1_795_231_752 * SECOND, "2026-11-21T03:29:12Z"),
            (-SECOND, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp(micros).iso(), text);
        }
    }

    #[test]
    fn durations_have_units_and_are_never_negative() {
        for (micros, text) in [
            (-5, "0 ms"),
            (820_000, "820 ms"),
            (4_230_000, "4.2 s"),
            (60 * SECOND, "1 min"),
            (192 * SECOND, "3 min 12 s"),
            (7_200 * SECOND, "2 h"),
            (7_500 * SECOND, "2 h 5 min"),
        ] {
            assert_eq!(duration(micros), text);
        }
        assert_eq!(Timestamp(0).since(Timestamp(9)), 0);
    }
}
