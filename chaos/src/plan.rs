//! What happens when: made from the seed before anything begins.

use std::time::Duration;

use domain::operation::OperationType;
use postgres_cluster::Stop;

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

/// What is done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL to a worker.
    Kill(usize),
    /// A killed worker is started again.
    Start(usize),
    /// SIGSTOP to a worker.
    Freeze(usize),
    /// SIGCONT to a worker.
    Thaw(usize),
    /// The database server ends.
    DatabaseStops(Stop),
    /// The database server is started again.
    DatabaseStarts,
}

/// What a run's authority rests on, as somebody loses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    UserDisabled,
    LeftWorkspace,
    MembershipRemoved,
    RoleLowered,
    TenantArchived,
    ConnectionDisabled,
}

const LOSSES: [Loss; 6] = [
    Loss::UserDisabled,
    Loss::LeftWorkspace,
    Loss::MembershipRemoved,
    Loss::RoleLowered,
    Loss::TenantArchived,
    Loss::ConnectionDisabled,
];

/// A change of somebody's authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Lose(Loss),
    Regain(Loss),
}

/// A run that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// By the tenant's operator.
    Person(OperationType),
    /// By the system itself.
    System,
    /// The last run that was accepted is to end.
    Cancel,
}

/// Everything that happens in a trial.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) faults: Vec<At<Fault>>,
    /// By tenant.
    pub(crate) changes: Vec<Vec<At<Change>>>,
    /// By tenant.
    pub(crate) wishes: Vec<Vec<At<Wish>>>,
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
        if size.has_server {
            faults.extend(of_server(seed, size));
        }
        faults.sort_by_key(|fault| fault.at);
        Self {
            faults,
            changes: (0..size.tenants).map(|t| changes(seed, t, size)).collect(),
            wishes: (0..size.tenants).map(|t| wishes(seed, t, size)).collect(),
        }
    }
}

/// Kills and stops of one worker, one after the other.
fn of_worker(seed: u64, worker: usize, size: &Size) -> Vec<At<Fault>> {
    let mut random = Random::of(seed, "worker", worker);
    let mut faults = Vec::new();
    let mut at = random.between(ms(500), ms(3_000));
    while at < size.length {
        // Two of three are killed; who is stopped is stopped past the lease, and sometimes not quite.
        let (begin, end, length) = if random.below(3) < 2 {
            let gone = random.between(ms(20), ms(1_500));
            (Fault::Kill(worker), Fault::Start(worker), gone)
        } else {
            let frozen = random.between(size.lease / 2, size.lease + size.lease / 2);
            (Fault::Freeze(worker), Fault::Thaw(worker), frozen)
        };
        faults.push(At { at, what: begin });
        at += length;
        faults.push(At { at, what: end });
        at += random.between(ms(300), ms(4_000));
    }
    faults
}

fn of_server(seed: u64, size: &Size) -> Vec<At<Fault>> {
    let mut random = Random::of(seed, "server", 0);
    let mut faults = Vec::new();
    let mut at = random.between(ms(2_000), ms(6_000));
    while at < size.length {
        let stop = random.one(&[Stop::Fast, Stop::Immediate, Stop::Kill]);
        let stop = stop.unwrap_or(Stop::Fast);
        faults.push(At {
            at,
            what: Fault::DatabaseStops(stop),
        });
        at += random.between(ms(50), ms(1_200));
        faults.push(At {
            at,
            what: Fault::DatabaseStarts,
        });
        at += random.between(ms(4_000), ms(9_000));
    }
    faults
}

/// Losses in one tenant, each regained before the next.
fn changes(seed: u64, tenant: usize, size: &Size) -> Vec<At<Change>> {
    let mut random = Random::of(seed, "grant", tenant);
    let mut changes = Vec::new();
    let mut at = random.between(ms(200), ms(2_500));
    while at < size.length {
        let loss = random.one(&LOSSES).unwrap_or(Loss::RoleLowered);
        changes.push(At {
            at,
            what: Change::Lose(loss),
        });
        at += random.between(ms(50), ms(900));
        changes.push(At {
            at,
            what: Change::Regain(loss),
        });
        at += random.between(ms(100), ms(1_600));
    }
    changes
}

fn wishes(seed: u64, tenant: usize, size: &Size) -> Vec<At<Wish>> {
    let mut random = Random::of(seed, "wish", tenant);
    let mut wishes = Vec::new();
    let mut at = random.between(ms(50), ms(600));
    while at < size.length {
        let what = match random.below(10) {
            0 => Wish::System,
            1 => Wish::Cancel,
            2..=4 => Wish::Person(OperationType::ConnectionCheck),
            _ => Wish::Person(OperationType::InventorySync),
        };
        wishes.push(At { at, what });
        at += random.between(ms(80), ms(700));
    }
    wishes
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
        assert!(count(|it| matches!(it, Fault::DatabaseStops(_))) > 3);
        for changes in &plan.changes {
            assert_eq!(changes.len() % 2, 0);
        }
        let mut last = Duration::ZERO;
        for fault in &plan.faults {
            assert!(last <= fault.at);
            last = fault.at;
        }
    }
}
