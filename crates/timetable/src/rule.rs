//! The calculation: a rule and a moment in, the next slot out.

use domain::{
    schedule::{Days, ScheduleRule, Weekday},
    time::Timestamp,
};
use jiff::{
    ToSpan as _, civil,
    tz::{AmbiguousOffset, TimeZone},
};

use crate::zone::Zone;

/// No zone of the IANA database is called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone called {name}")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
}

/// A rule in a zone that is known.
#[derive(Debug, Clone)]
pub struct Timetable {
    rule: ScheduleRule,
    zone: TimeZone,
    days: Days,
    time: civil::Time,
}

/// No rule goes longer without a day: a week, one more for a day that was left out, and the edges.
const LONGEST_WAIT: usize = 16;

impl Timetable {
    /// The timetable of a rule.
    ///
    /// # Errors
    /// [`UnknownZone`] when its zone is none.
    pub fn of(rule: ScheduleRule) -> Result<Self, UnknownZone> {
        let Zone(zone) = Zone::named(&rule.zone)?;
        let (hour, minute) = (rule.time.hour(), rule.time.minute());
        let time = i8::try_from(hour)
            .ok()
            .zip(i8::try_from(minute).ok())
            .and_then(|(hour, minute)| civil::Time::new(hour, minute, 0, 0).ok());
        Ok(Self {
            zone,
            days: rule.cadence.days(),
            // A wall time is below 24:00 by its type.
            time: time.unwrap_or(civil::Time::midnight()),
            rule,
        })
    }

    /// The rule it is of.
    pub const fn rule(&self) -> &ScheduleRule {
        &self.rule
    }

    /// The first slot strictly after a moment; none at the end of time.
    pub fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let moment = jiff::Timestamp::from_microsecond(moment.0).ok()?;
        // A gap over midnight puts a day's slot into the next day, so the day before is asked too.
        let first = self.zone.to_datetime(moment).date().yesterday().ok()?;
        first
            .series(1.day())
            .take(LONGEST_WAIT)
            .filter(|date| self.days.contains(weekday(*date)))
            .filter_map(|date| self.slot_of(date))
            .find(|slot| *slot > moment)
            .map(|slot| Timestamp(slot.as_microsecond()))
    }

    /// The slot of a day; none for a day that the zone left out.
    fn slot_of(&self, date: civil::Date) -> Option<jiff::Timestamp> {
        let day_begins = first_moment(&self.zone, date.to_datetime(civil::Time::midnight()))?;
        if self.zone.to_datetime(day_begins).date() != date {
            return None;
        }
        first_moment(&self.zone, date.to_datetime(self.time))
    }
}

/// The first moment at which clocks show a time, or, when they never do, the first after the gap.
fn first_moment(zone: &TimeZone, local: civil::DateTime) -> Option<jiff::Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        // Before the change clocks were ahead, so the earlier of the two moments has the old offset.
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            // Read with the new offset, a time in the gap lies before the change.
            let before_it = after.to_timestamp(local).ok()?;
            zone.following(before_it)
                .next()
                .map(|change| change.timestamp())
        }
    }
}

fn weekday(date: civil::Date) -> Weekday {
    match date.weekday() {
        civil::Weekday::Monday => Weekday::Monday,
        civil::Weekday::Tuesday => Weekday::Tuesday,
        civil::Weekday::Wednesday => Weekday::Wednesday,
        civil::Weekday::Thursday => Weekday::Thursday,
        civil::Weekday::Friday => Weekday::Friday,
        civil::Weekday::Saturday => Weekday::Saturday,
        civil::Weekday::Sunday => Weekday::Sunday,
    }
}
