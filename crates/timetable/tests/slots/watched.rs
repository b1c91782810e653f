//! The rule against somebody who watches the clock of the place, minute by minute.

use domain::{
    schedule::{Days, Weekday},
    time::{DAY, MINUTE, Timestamp},
};
use jiff::{civil, tz::TimeZone};
use proptest::prelude::*;
use timetable::{Timetable, zone_names};

use crate::{rule, slots};
use domain::schedule::Cadence;

/// Days watched: enough for a change in the middle, and a whole week.
const WATCHED: i64 = 9;

/// The zone's clock, minute by minute.
fn clock(zone: &TimeZone, from: Timestamp, minutes: i64) -> Vec<(Timestamp, civil::DateTime)> {
    (0..minutes)
        .map(|minute| from.plus(minute * MINUTE))
        .map(|at| {
            let moment = jiff::Timestamp::from_microsecond(at.0).unwrap();
            (at, zone.to_datetime(moment))
        })
        .collect()
}

/// For each day of the rule that the calendar shows: the first minute at which the clock has reached the time.
fn watched(
    clock: &[(Timestamp, civil::DateTime)],
    days: Days,
    time: civil::Time,
) -> Vec<Timestamp> {
    let mut dates: Vec<civil::Date> = clock.iter().map(|(_, local)| local.date()).collect();
    dates.dedup();
    dates.sort_unstable();
    dates.dedup();
    dates
        .into_iter()
        .filter(|date| days.contains(weekday(*date)))
        .filter_map(|date| {
            let due = date.to_datetime(time);
            clock
                .iter()
                .find(|(_, local)| *local >= due)
                .map(|(at, _)| *at)
        })
        .collect()
}

fn weekday(date: civil::Date) -> Weekday {
    Weekday::ALL[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()]
}

prop_compose! {
    /// A zone, a moment some days before one of its changes (or any moment where there is none), days, a time.
    fn situation()(
        zone in prop::sample::select(zone_names()),
        year in 1975_i64..2037,
        bits in 1_i64..128,
        minutes in 0_i64..1440,
    ) -> (String, Timestamp, Days, i64) {
        let moment = Timestamp((year - 1970) * 365 * DAY);
        let place = TimeZone::get(&zone).unwrap();
        let change = place
            .following(jiff::Timestamp::from_microsecond(moment.0).unwrap())
            .next()
            .map_or(moment.0, |change| change.timestamp().as_microsecond());
        // On a whole minute, as every change of these years is.
        let from = Timestamp(change.div_euclid(MINUTE) * MINUTE).plus(-4 * DAY);
        (zone, from, Days::from_bits(bits).unwrap(), minutes)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Each day of the rule yields exactly one slot, at the first moment the clock has reached the time.
    #[test]
    fn b02_slots_are_what_somebody_who_watches_the_clock_sees(
        (zone, from, days, minutes) in situation()
    ) {
        let place = TimeZone::get(&zone).unwrap();
        let time = domain::schedule::WallTime::from_minutes(minutes).unwrap();
        let rule = rule(Cadence::Weekly(days), &time.to_string(), &zone);
        let timetable = Timetable::of(rule.clone()).unwrap();
        let clock = clock(&place, from, WATCHED * 24 * 60);
        let local = civil::Time::new(
            i8::try_from(minutes / 60).unwrap(), i8::try_from(minutes % 60).unwrap(), 0, 0).unwrap();
        // The first day may have been reached before anybody watched, and the last one may not be over.
        let first = from.plus(DAY * 3 / 2);
        let until = from.plus((WATCHED - 1) * DAY);
        let within = |slot: &Timestamp| *slot > first && *slot < until;
        let seen: Vec<_> = watched(&clock, days, local).into_iter().filter(within).collect();
        let told: Vec<_> = slots(&timetable, first, 20).into_iter().filter(within).collect();
        prop_assert_eq!(told, seen, "{} from {}", rule.in_words(), from.iso());
    }

    /// Slots strictly increase, and nothing lies between a moment and the slot that follows it.
    #[test]
    fn b02_slots_strictly_increase(
        (zone, from, days, minutes) in situation(),
        later in 0..3 * DAY,
    ) {
        let time = domain::schedule::WallTime::from_minutes(minutes).unwrap();
        let timetable = Timetable::of(rule(Cadence::Weekly(days), &time.to_string(), &zone)).unwrap();
        let all = slots(&timetable, from, 60);
        prop_assert_eq!(all.len(), 60);
        for pair in all.windows(2) {
            prop_assert!(pair[0] < pair[1]);
        }
        let moment = from.plus(later);
        let next = timetable.after(moment).unwrap();
        prop_assert_eq!(all.iter().find(|slot| **slot > moment), Some(&next));
    }
}
