//! Days on which clocks were moved, each with what the law of the place says.

use domain::schedule::{Cadence, Weekday};
use timetable::{Timetable, Zone, zone_names};

use crate::{at, daily, rule, slots, weekly};

/// What, zone, time of day, a moment before, and the slots that follow.
type Line = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const LAW: &[Line] = &[
    (
        "gap: 02:30 is skipped, 03:00 is the first moment after it",
        "America/New_York",
        "02:30",
        "2026-03-07T00:00:00Z",
        &[
            "2026-03-07T07:30:00Z",
            "2026-03-08T07:00:00Z",
            "2026-03-09T06:30:00Z",
        ],
    ),
    (
        "gap: another continent, another day",
        "Europe/Berlin",
        "02:30",
        "2026-03-28T00:00:00Z",
        &[
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-30T00:30:00Z",
        ],
    ),
    (
        "overlap: 01:30 comes twice, the first one counts",
        "America/New_York",
        "01:30",
        "2026-10-31T00:00:00Z",
        &[
            "2026-10-31T05:30:00Z",
            "2026-11-01T05:30:00Z",
            "2026-11-02T06:30:00Z",
        ],
    ),
    (
        "overlap: asked between the two, the next one is tomorrow's",
        "Europe/Berlin",
        "02:30",
        "2026-10-25T01:00:00Z",
        &["2026-10-26T01:30:00Z"],
    ),
    (
        "southern hemisphere: gap in October",
        "Australia/Sydney",
        "02:30",
        "2026-10-02T17:00:00Z",
        &["2026-10-03T16:00:00Z", "2026-10-04T15:30:00Z"],
    ),
    (
        "southern hemisphere: overlap in April",
        "Australia/Sydney",
        "02:30",
        "2026-04-03T16:00:00Z",
        &["2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z"],
    ),
    (
        "half an hour: 02:15 is skipped, 02:30 is the first moment after it",
        "Australia/Lord_Howe",
        "02:15",
        "2026-10-02T16:00:00Z",
        &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
    ),
    (
        "half an hour: 01:45 comes twice",
        "Australia/Lord_Howe",
        "01:45",
        "2026-04-03T15:00:00Z",
        &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
    ),
    (
        "gap at midnight, the last one before the law was changed",
        "America/Sao_Paulo",
        "00:00",
        "2018-11-03T04:00:00Z",
        &["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    ),
    (
        "the same day a year later, after the law was changed",
        "America/Sao_Paulo",
        "00:00",
        "2019-11-02T04:00:00Z",
        &["2019-11-03T03:00:00Z", "2019-11-04T03:00:00Z"],
    ),
    (
        "a zone that stayed in summer time: no overlap any more",
        "Europe/Istanbul",
        "03:30",
        "2016-10-29T01:00:00Z",
        &["2016-10-30T00:30:00Z", "2016-10-31T00:30:00Z"],
    ),
    (
        "a zone that abolished summer time: the gap of its last year",
        "America/Mexico_City",
        "02:30",
        "2022-04-02T09:00:00Z",
        &["2022-04-03T08:00:00Z", "2022-04-04T07:30:00Z"],
    ),
    (
        "a zone that abolished summer time: no gap the year after",
        "America/Mexico_City",
        "02:30",
        "2023-04-01T09:00:00Z",
        &["2023-04-02T08:30:00Z", "2023-04-03T08:30:00Z"],
    ),
    (
        "a gap up to midnight: Saturday's slot is at Sunday's first moment",
        "America/Nuuk",
        "23:30",
        "2024-03-30T02:00:00Z",
        &["2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"],
    ),
    (
        "a day that was left out has no slot",
        "Pacific/Apia",
        "10:00",
        "2011-12-29T00:00:00Z",
        &["2011-12-29T20:00:00Z", "2011-12-30T20:00:00Z"],
    ),
    (
        "a day that was left out makes no second slot at midnight",
        "Pacific/Apia",
        "00:00",
        "2011-12-29T00:00:00Z",
        &[
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        ],
    ),
    (
        "an offset of half an hour",
        "Asia/Kolkata",
        "02:30",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T21:00:00Z"],
    ),
    (
        "leap day",
        "UTC",
        "12:00",
        "2028-02-28T12:00:00Z",
        &["2028-02-29T12:00:00Z", "2028-03-01T12:00:00Z"],
    ),
    (
        "no leap day in 2100",
        "UTC",
        "12:00",
        "2100-02-28T12:00:00Z",
        &["2100-03-01T12:00:00Z"],
    ),
    (
        "end of year, ahead of UTC",
        "Pacific/Kiritimati",
        "00:00",
        "2026-12-31T09:59:59Z",
        &["2026-12-31T10:00:00Z", "2027-01-01T10:00:00Z"],
    ),
];

#[test]
fn b02_slots_are_what_the_law_of_the_place_says() {
    for (what, zone, time, after, expected) in LAW {
        let found = slots(&daily(time, zone), at(after), expected.len());
        let expected: Vec<_> = expected.iter().map(|slot| at(slot)).collect();
        let iso = |all: &[domain::time::Timestamp]| -> Vec<String> {
            all.iter().map(|slot| slot.iso()).collect()
        };
        assert_eq!(iso(&found), iso(&expected), "{what} ({zone})");
    }
}

#[test]
fn b02_a_slot_is_never_the_moment_that_was_asked_about() {
    let noon = daily("12:00", "UTC");
    let slot = at("2026-11-21T12:00:00Z");
    assert_eq!(noon.after(slot.plus(-1)), Some(slot));
    assert_eq!(noon.after(slot), Some(at("2026-11-22T12:00:00Z")));
}

#[test]
fn b02_weekly_runs_on_its_days_alone() {
    let both = weekly(&[Weekday::Monday, Weekday::Thursday], "23:45", "Asia/Tokyo");
    let expected = [
        "2026-11-23T14:45:00Z",
        "2026-11-26T14:45:00Z",
        "2026-11-30T14:45:00Z",
    ];
    assert_eq!(
        slots(&both, at("2026-11-21T00:00:00Z"), 3),
        expected.map(at)
    );
    // 29 February 2028 is a Tuesday, 31 December 2027 a Friday.
    let tuesdays = weekly(&[Weekday::Tuesday], "00:00", "UTC");
    assert_eq!(
        tuesdays.after(at("2028-02-22T00:00:00Z")),
        Some(at("2028-02-29T00:00:00Z"))
    );
    let fridays = weekly(&[Weekday::Friday], "00:30", "UTC");
    assert_eq!(
        fridays.after(at("2027-12-31T00:30:00Z")),
        Some(at("2028-01-07T00:30:00Z"))
    );
    // The only day of the rule is the one that was left out: a Friday.
    let left_out = weekly(&[Weekday::Friday], "10:00", "Pacific/Apia");
    assert_eq!(
        left_out.after(at("2011-12-24T00:00:00Z")),
        Some(at("2012-01-05T20:00:00Z"))
    );
}

#[test]
fn b02_a_zone_may_be_typed_in_any_case_and_is_kept_as_the_database_writes_it() {
    for (typed, name) in [
        ("europe/berlin", Some("Europe/Berlin")),
        ("EUROPE/BERLIN", Some("Europe/Berlin")),
        (
            "america/argentina/buenos_aires",
            Some("America/Argentina/Buenos_Aires"),
        ),
        ("utc", Some("UTC")),
        ("berlin", None),
        ("cest", None),
        ("etc/unknown", None),
        ("", None),
    ] {
        assert_eq!(Zone::spelled(typed).as_deref(), name, "{typed}");
    }
}

#[test]
fn b02_only_a_name_of_the_database_is_a_zone() {
    for good in [
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Asia/Calcutta",
    ] {
        assert!(Zone::named(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        " ",
        "europe/berlin",
        "Europe/Berlin ",
        "Berlin",
        "CEST",
        "+02:00",
        "UTC+2",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "Etc/Unknown",
        "Europe/\u{1f3d4}",
    ] {
        assert!(Zone::named(bad).is_err(), "{bad:?}");
        assert!(
            Timetable::of(rule(Cadence::Daily, "00:00", bad)).is_err(),
            "{bad:?}"
        );
    }
    let names = zone_names();
    assert!(names.len() > 300, "{}", names.len());
    for name in &names {
        assert!(Zone::named(name).is_ok(), "{name}");
    }
}

#[test]
fn b02_moments_are_written_as_the_zone_shows_them() {
    let zone = Zone::named("America/New_York").unwrap();
    assert_eq!(zone.minute(at("2026-11-21T03:29:12Z")), "2026-11-20 22:29");
    assert_eq!(
        zone.weekday_and_minute(at("2026-11-21T03:29:12Z")),
        "Fri 2026-11-20 22:29"
    );
}

#[test]
fn b02_the_end_of_time_has_no_next_slot() {
    let noon = daily("12:00", "UTC");
    assert_eq!(noon.after(domain::time::Timestamp(i64::MAX)), None);
    assert_eq!(noon.after(at("9999-12-30T12:00:00Z")), None);
}
