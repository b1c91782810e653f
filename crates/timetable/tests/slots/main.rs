//! The rule against written-down law, and against clocks that are watched minute by minute.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod catch_up;
mod law;
mod watched;

use domain::{
    schedule::{Cadence, Days, ScheduleRule, WallTime, Weekday},
    time::Timestamp,
};
use timetable::Timetable;

fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp(at.as_microsecond())
}

fn rule(cadence: Cadence, time: &str, zone: &str) -> ScheduleRule {
    let time = WallTime::parse(time).unwrap();
    let zone = zone.to_owned();
    ScheduleRule {
        cadence,
        time,
        zone,
    }
}

fn daily(time: &str, zone: &str) -> Timetable {
    Timetable::of(rule(Cadence::Daily, time, zone)).unwrap()
}

fn weekly(days: &[Weekday], time: &str, zone: &str) -> Timetable {
    let cadence = Cadence::Weekly(Days::of(days.iter().copied()));
    Timetable::of(rule(cadence, time, zone)).unwrap()
}

/// The slots after a moment.
fn slots(timetable: &Timetable, after: Timestamp, count: usize) -> Vec<Timestamp> {
    let first = timetable.after(after);
    let following = std::iter::successors(first, |slot| timetable.after(*slot));
    following.take(count).collect()
}
