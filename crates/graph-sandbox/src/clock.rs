//! The time of a sandbox, and the two ways Graph writes it.

use std::fmt;
use std::sync::Arc;

/// Tells the time as microseconds since 1970, UTC.
///
/// Tests pass a function of their own, so that tokens expire when they say.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that reads `now`.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(system_micros)
    }

    /// Microseconds since 1970, UTC.
    #[must_use]
    pub fn micros(&self) -> i64 {
        (self.0)()
    }

    /// Whole seconds since 1970, UTC.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.micros().div_euclid(1_000_000)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.micros()).finish()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock; everything else takes a Clock"
)]
fn system_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| {
        i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX)
    })
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    weekday: usize,
    second_of_day: i64,
}

/// Days to a date of the proleptic Gregorian calendar, counted in 400-year eras.
fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        second_of_day: seconds.rem_euclid(86_400),
    }
}

/// `2026-01-05T08:30:00Z`, as Graph writes times in entities.
#[must_use]
pub fn iso_seconds(seconds: i64) -> String {
    let at = civil(seconds);
    let (hour, minute, second) = clock_face(at.second_of_day);
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        at.year, at.month, at.day
    )
}

/// `2026-01-05T08:30:00.123Z`, for the journal.
#[must_use]
pub fn iso_millis(micros: i64) -> String {
    let whole = iso_seconds(micros.div_euclid(1_000_000));
    let millis = micros.rem_euclid(1_000_000) / 1_000;
    format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))
}

/// `Mon, 05 Jan 2026 08:30:00 GMT`, as in the `Date` header.
#[must_use]
pub fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let at = civil(seconds);
    let (hour, minute, second) = clock_face(at.second_of_day);
    let day = DAYS.get(at.weekday).copied().unwrap_or("Sun");
    let month_index = usize::try_from(at.month - 1).unwrap_or(0);
    let month = MONTHS.get(month_index).copied().unwrap_or("Jan");
    format!(
        "{day}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT",
        at.day, at.year
    )
}

fn clock_face(second_of_day: i64) -> (i64, i64, i64) {
    (
        second_of_day / 3_600,
        second_of_day % 3_600 / 60,
        second_of_day % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso_seconds(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso_seconds(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(
            iso_millis(1_767_602_096_123_456),
            "2026-01-05T08:34:56.123Z"
        );
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(iso_seconds(-1), "1969-12-31T23:59:59Z");
    }
}
