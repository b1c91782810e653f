//! What happens when: made from the seed before anything begins.

mod answers;
mod faults;
#[cfg(test)]
mod kinds;
mod people;

use std::time::Duration;

pub(crate) use self::{
    answers::Answer,
    faults::Fault,
    people::{Bulk, Change, EFFECTS, LOSSES, Look, Loss, Turn, Wish},
};
use self::{
    answers::answers,
    faults::{of_pages, of_server, of_worker},
    people::{VIEWERS, bulks, changes, looks, pauses, slots, wishes},
};
use crate::random::Random;

/// How much of everything a trial has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How long faults go on.
    pub(crate) length: Duration,
    /// How many worker processes.
    pub(crate) workers: usize,
    /// How many tenants, each with an operator of its own.
    pub(crate) tenants: usize,
    /// How long a lease lasts.
    pub(crate) lease: Duration,
    /// Whether the database is a server that can be stopped.
    pub(crate) has_server: bool,
}

/// Something at a moment, counted from the beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<T> {
    pub(crate) at: Duration,
    pub(crate) what: T,
}

/// Everything that happens in a trial.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) faults: Vec<At<Fault>>,
    /// By tenant.
    pub(crate) changes: Vec<Vec<At<Change>>>,
    /// By tenant.
    pub(crate) wishes: Vec<Vec<At<Wish>>>,
    /// Pauses of queues, by tenant.
    pub(crate) pauses: Vec<Vec<At<Turn>>>,
    /// Of the whole workspace.
    pub(crate) bulks: Vec<At<Bulk>>,
    /// By tenant.
    pub(crate) slots: Vec<Vec<At<()>>>,
    /// What becomes of an answer about a tenant's objects.
    pub(crate) answers: Vec<At<(usize, Answer)>>,
    /// By viewer.
    pub(crate) looks: Vec<Vec<At<Look>>>,
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(seed: u64, size: &Size) -> Self {
        let mut faults: Vec<_> = (0..size.workers)
            .flat_map(|worker| of_worker(seed, worker, size))
            .collect();
        faults.extend(of_pages(seed, size));
        if size.has_server {
            faults.extend(of_server(seed, size));
        }
        faults.sort_by_key(|fault| fault.at);
        let tenants = || 0..size.tenants;
        Self {
            faults,
            changes: tenants().map(|t| changes(seed, t, size)).collect(),
            wishes: tenants().map(|t| wishes(seed, t, size)).collect(),
            pauses: tenants().map(|t| pauses(seed, t, size)).collect(),
            bulks: bulks(seed, size),
            slots: tenants().map(|t| slots(seed, t, size)).collect(),
            answers: answers(seed, size),
            looks: (0..size.tenants.min(VIEWERS))
                .map(|viewer| looks(seed, viewer, size))
                .collect(),
        }
    }
}

/// The same kind of thing again and again, with a pause before each.
fn again<T>(
    mut random: Random,
    size: &Size,
    (least, most): (Duration, Duration),
    mut what: impl FnMut(&mut Random) -> T,
) -> Vec<At<T>> {
    let mut all = Vec::new();
    let mut at = random.between(least, most);
    while at < size.length {
        let what = what(&mut random);
        all.push(At { at, what });
        at += random.between(least, most);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        length: Duration::from_secs(60),
        workers: 3,
        tenants: 4,
        lease: Duration::from_secs(3),
        has_server: true,
    };

    #[test]
    fn a_seed_has_one_plan() {
        let told = |seed| format!("{:?}", Plan::of(seed, &SIZE));
        assert_eq!(told(5), told(5));
        assert_ne!(told(5), told(6));
    }

    #[test]
    fn every_fault_and_every_loss_has_its_end() {
        let plan = Plan::of(5, &SIZE);
        let count =
            |wanted: fn(&Fault) -> bool| plan.faults.iter().filter(|it| wanted(&it.what)).count();
        assert_eq!(
            count(|it| matches!(it, Fault::Kill(_))),
            count(|it| matches!(it, Fault::Start(_)))
        );
        assert_eq!(
            count(|it| matches!(it, Fault::Freeze(_))),
            count(|it| matches!(it, Fault::Thaw(_)))
        );
        type Is = fn(&Fault) -> bool;
        let pairs: [(Is, Is); 3] = [
            (
                |it| matches!(it, Fault::DatabaseStops(_)),
                |it| *it == Fault::DatabaseStarts,
            ),
            (
                |it| *it == Fault::DatabaseFalls,
                |it| *it == Fault::DatabaseSpeaks,
            ),
            (
                |it| *it == Fault::PagesKilled,
                |it| *it == Fault::PagesStart,
            ),
        ];
        for (begin, end) in pairs {
            assert!(count(begin) > 2);
            assert_eq!(count(begin), count(end));
        }
        for changes in &plan.changes {
            assert_eq!(changes.len() % 2, 0);
        }
        for turns in &plan.pauses {
            assert_eq!(turns.last().map(|it| it.what), Some(Turn::Resume));
        }
        let mut last = Duration::ZERO;
        for fault in &plan.faults {
            assert!(last <= fault.at);
            last = fault.at;
        }
    }
}
