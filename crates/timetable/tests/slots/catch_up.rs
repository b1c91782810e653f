//! Slots that came while nobody looked, and clocks that jump.

use domain::time::{DAY, HOUR, MINUTE, Timestamp};
use timetable::{CatchUp, GRACE, MISSED_LINES, Missed};

use crate::{at, daily};

const fn one(slot: Timestamp) -> Missed {
    Missed {
        first: slot,
        last: slot,
        slots: 1,
    }
}

#[test]
fn b02_a_slot_within_the_grace_runs_and_an_older_one_is_missed() {
    let noon = daily("12:00", "UTC");
    let (slot, next) = (at("2026-11-21T12:00:00Z"), at("2026-11-22T12:00:00Z"));
    let caught = |late: i64| noon.catch_up(slot, slot.plus(late));
    for late in [0, 1, MINUTE, GRACE - 1] {
        let due = CatchUp {
            missed: vec![],
            due: Some(slot),
            next: Some(next),
        };
        assert_eq!(caught(late), due, "{late}");
    }
    for late in [GRACE, HOUR, DAY - 1] {
        let missed = CatchUp {
            missed: vec![one(slot)],
            due: None,
            next: Some(next),
        };
        assert_eq!(caught(late), missed, "{late}");
    }
    // Not yet: nothing happens, whoever asks.
    let waiting = CatchUp {
        missed: vec![],
        due: None,
        next: Some(slot),
    };
    assert_eq!(caught(-1), waiting);
}

#[test]
fn b02_after_an_outage_the_slot_of_now_runs_and_the_others_are_told() {
    let noon = daily("12:00", "UTC");
    let first = at("2026-11-18T12:00:00Z");
    let caught = noon.catch_up(first, first.plus(3 * DAY + MINUTE));
    assert_eq!(
        caught.missed,
        [0, 1, 2].map(|day| one(first.plus(day * DAY)))
    );
    assert_eq!(caught.due, Some(first.plus(3 * DAY)));
    assert_eq!(caught.next, Some(first.plus(4 * DAY)));
}

#[test]
fn b02_beyond_a_bound_missed_slots_share_a_line() {
    let noon = daily("12:00", "UTC");
    let first = at("2024-01-01T12:00:00Z");
    let caught = noon.catch_up(first, first.plus(400 * DAY + HOUR));
    assert_eq!(caught.missed.len(), MISSED_LINES + 1);
    assert_eq!(caught.missed[0].slots, 371);
    assert_eq!(caught.missed[0].last, first.plus(370 * DAY));
    assert_eq!(caught.missed[1], one(first.plus(371 * DAY)));
    assert_eq!(
        caught.missed.iter().map(|line| line.slots).sum::<i64>(),
        401
    );
    assert_eq!(caught.next, Some(first.plus(401 * DAY)));
}

#[test]
fn r06_a_clock_that_jumps_makes_no_second_slot_and_no_storm() {
    let noon = daily("12:00", "UTC");
    let slot = at("2026-11-21T12:00:00Z");
    // Half an hour before the slot the clock jumps an hour ahead: the slot is past its grace, and told.
    let ahead = noon.catch_up(slot, slot.plus(HOUR / 2));
    assert_eq!((ahead.missed, ahead.due), (vec![one(slot)], None));
    // It jumps back: the slot that comes next is tomorrow's, and this one is not asked about again.
    let next = ahead.next.unwrap();
    let back = noon.catch_up(next, slot.plus(-HOUR / 2));
    assert_eq!(
        back,
        CatchUp {
            missed: vec![],
            due: None,
            next: Some(next)
        }
    );
    // A year ahead, all at once: a few lines, not one run.
    let far = noon.catch_up(slot, slot.plus(365 * DAY + HOUR));
    assert_eq!((far.missed.len(), far.due), (MISSED_LINES + 1, None));
}
