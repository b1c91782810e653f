//! Who has fallen silent, as a sweeper sees it: by a clock that nobody sets, and by the database's.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::{
    ids::{RunId, WorkspaceId},
    time::Timestamp,
};

use crate::queue::QueueSettings;

/// A lease as the queue has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeaseSeen {
    /// In whose audit chain its rescue is told.
    pub(super) workspace: WorkspaceId,
    /// Of which run.
    pub(super) run: RunId,
    /// Of which of its attempts.
    pub(super) attempt: i64,
    /// Until when it lasts by the database's clock, as this clock was when it was renewed.
    pub(super) until: Timestamp,
    /// For how long whoever holds it asks each time.
    pub(super) length: Duration,
}

/// What a sweeper remembers of the leases it has looked at.
///
/// The database's clock may be set, forwards and backwards, so it is not believed alone. A lease is over when it
/// is over by that clock and nobody has renewed it while this sweeper watched, for as long as its holder may
/// rely on it ([`QueueSettings::certain`]). And it is over, whatever that clock says, when nobody has renewed it
/// for the whole of its length. Each is counted on this machine's own steady clock.
#[derive(Debug, Default)]
pub struct LeaseWatch {
    looked_at: Option<Instant>,
    seen: HashMap<(RunId, i64), Seen>,
}

/// Since when a lease stands as it does.
#[derive(Debug, Clone, Copy)]
struct Seen {
    until: Timestamp,
    since: Instant,
}

impl LeaseWatch {
    /// Takes note of all leases there are, and answers those that are over.
    ///
    /// `at` is a moment before they were read, `now` the database's clock.
    pub(super) fn over(
        &mut self,
        at: Instant,
        now: Timestamp,
        own: Duration,
        leases: Vec<LeaseSeen>,
    ) -> Vec<LeaseSeen> {
        // Who looked away for long was perhaps stopped together with those it looks for: it begins anew.
        let has_watched = self
            .looked_at
            .is_some_and(|before| at.saturating_duration_since(before) <= own / 2);
        if !has_watched {
            self.seen.clear();
        }
        self.looked_at = Some(at);
        let before = std::mem::take(&mut self.seen);
        let mut over = Vec::new();
        for lease in leases {
            let key = (lease.run, lease.attempt);
            let known = before.get(&key).filter(|seen| seen.until == lease.until);
            let since = known.map_or(at, |seen| seen.since);
            let silent = at.saturating_duration_since(since);
            if (lease.until < now && silent >= QueueSettings::certain_of(lease.length))
                || silent >= lease.length
            {
                over.push(lease);
            }
            let until = lease.until;
            self.seen.insert(key, Seen { until, since });
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use domain::time::{HOUR, SECOND};
    use proptest::{collection::vec, prelude::*};
    use uuid::Uuid;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn lease(until: i64) -> LeaseSeen {
        LeaseSeen {
            workspace: WorkspaceId::from_uuid(Uuid::nil()),
            run: RunId::from_uuid(Uuid::nil()),
            attempt: 1,
            until: Timestamp(until),
            length: LEASE,
        }
    }

    /// A worker that beats until it dies, a sweeper, and a database's clock that anybody may set.
    struct Play {
        /// In which second the worker beats first, and the sweeper looks first.
        phases: (u64, u64),
        /// When the worker dies.
        death: u64,
        /// How far the clock is set, in which second.
        jumps: Vec<(u64, i64)>,
    }

    impl Play {
        /// In which second the run is taken, of the first three minutes; and when it was renewed last.
        fn taken(&self) -> (Option<u64>, u64) {
            let begun = Instant::now();
            let mut watch = LeaseWatch::default();
            let (mut until, mut renewed) = (0, 0);
            for second in 0..180 {
                let jumped: i64 = self
                    .jumps
                    .iter()
                    .filter(|it| it.0 <= second)
                    .map(|it| it.1)
                    .sum();
                let now = second.cast_signed() * SECOND + 5 * HOUR + jumped;
                let beats = second % 10 == self.phases.0 || second == 0;
                if beats && second < self.death {
                    (until, renewed) = (now + 30 * SECOND, second);
                }
                if second % 5 != self.phases.1 {
                    continue;
                }
                let at = begun + Duration::from_secs(second);
                let over = watch.over(at, Timestamp(now), LEASE, vec![lease(until)]);
                if !over.is_empty() {
                    return (Some(second), renewed);
                }
            }
            (None, renewed)
        }
    }

    fn jumps() -> impl Strategy<Value = Vec<(u64, i64)>> {
        vec((0..180_u64, -2 * HOUR..2 * HOUR), 0..12)
    }

    proptest! {
        #[test]
        fn r10_who_beats_keeps_its_runs_whatever_the_clock_does(
            beat in 0..10_u64, look in 0..5_u64, jumps in jumps()
        ) {
            let play = Play { phases: (beat, look), death: u64::MAX, jumps };
            prop_assert_eq!(play.taken().0, None);
        }

        #[test]
        fn r10_a_death_is_seen_in_time_whatever_the_clock_does(
            beat in 0..10_u64, look in 0..5_u64, death in 1..100_u64, jumps in jumps()
        ) {
            let play = Play { phases: (beat, look), death, jumps };
            let (taken, renewed) = play.taken();
            let taken = taken.unwrap_or(u64::MAX);
            prop_assert!(taken <= renewed + 40, "renewed at {renewed}, taken at {taken}");
            prop_assert!(taken >= renewed + 20, "renewed at {renewed}, taken at {taken}");
        }

        #[test]
        fn r10_a_clock_that_nobody_sets_is_believed(
            beat in 0..10_u64, look in 0..5_u64, death in 20..100_u64
        ) {
            let play = Play { phases: (beat, look), death, jumps: Vec::new() };
            let (taken, renewed) = play.taken();
            prop_assert!(taken.is_some_and(|it| it >= renewed + 30 && it <= renewed + 35), "{taken:?} {renewed}");
        }
    }

    #[test]
    fn r10_who_looked_away_for_long_begins_anew() {
        let (begun, mut watch) = (Instant::now(), LeaseWatch::default());
        let mut look = |second: u64| {
            let at = begun + Duration::from_secs(second);
            let now = Timestamp(HOUR + second.cast_signed() * SECOND);
            watch.over(at, now, LEASE, vec![lease(HOUR)]).len()
        };
        // Over by the clock from the first second; nobody has watched it yet.
        assert_eq!([1, 6, 11, 16].map(&mut look), [0; 4]);
        // Stopped for a minute, perhaps with everybody else: whoever is alive may beat first.
        assert_eq!([76, 81, 86, 91].map(&mut look), [0; 4]);
        assert_eq!(look(96), 1);
    }

    #[test]
    fn r10_a_longer_lease_of_another_process_is_respected() {
        let (begun, mut watch) = (Instant::now(), LeaseWatch::default());
        let long = LeaseSeen {
            length: LEASE * 4,
            ..lease(1)
        };
        let mut look = |second: u64| {
            let at = begun + Duration::from_secs(second);
            watch.over(at, Timestamp(HOUR), LEASE, vec![long]).len()
        };
        assert!((0..80).step_by(5).all(|second| look(second) == 0));
        assert_eq!(look(80), 1);
    }
}
