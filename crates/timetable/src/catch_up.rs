//! What to do about slots that came while nobody looked.

use domain::time::{MINUTE, Timestamp};

use crate::Timetable;

/// How late a slot may be and still run: a restart is forgiven, an outage is not caught up.
pub const GRACE: i64 = 10 * MINUTE;
/// How many missed slots have a line each; older ones share one.
pub const MISSED_LINES: usize = 30;
/// How many slots are looked at in one go: years of a daily schedule.
const LOOK: usize = 4_000;

/// The slots from one that is due up to now, told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUp {
    /// Slots nobody was there for, oldest first; the first may stand for many.
    pub missed: Vec<Missed>,
    /// The slot to run now.
    pub due: Option<Timestamp>,
    /// The slot that comes next.
    pub next: Option<Timestamp>,
}

/// One missed slot, or a range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The first.
    pub first: Timestamp,
    /// The last; the same for one slot.
    pub last: Timestamp,
    /// How many.
    pub slots: i64,
}

impl Timetable {
    /// Tells the slots from `due` up to `now` apart; `due` is the one that was expected next.
    pub fn catch_up(&self, due: Timestamp, now: Timestamp) -> CatchUp {
        let mut came: Vec<Timestamp> = std::iter::successors(Some(due), |slot| self.after(*slot))
            .take_while(|slot| *slot <= now)
            .take(LOOK)
            .collect();
        let next = match came.last() {
            None => Some(due),
            Some(last) => self.after(*last),
        };
        let due = came.pop_if(|slot| slot.plus(GRACE) > now);
        CatchUp {
            missed: lines(&came),
            due,
            next,
        }
    }
}

fn lines(missed: &[Timestamp]) -> Vec<Missed> {
    let (shared, alone) = missed.split_at(missed.len().saturating_sub(MISSED_LINES));
    let shared = shared
        .first()
        .zip(shared.last())
        .map(|(first, last)| Missed {
            first: *first,
            last: *last,
            slots: i64::try_from(shared.len()).unwrap_or(i64::MAX),
        });
    let alone = alone.iter().map(|slot| Missed {
        first: *slot,
        last: *slot,
        slots: 1,
    });
    shared.into_iter().chain(alone).collect()
}
