//! What happens when: made from the seed before anything begins.

use std::time::Duration;

use domain::operation::OperationType;
use postgres_cluster::Stop;
use store::LabEffect;

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

pub(crate) const LOSSES: [Loss; 6] = [
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
    /// By the tenant's operator, to change, make or assign so many objects at the provider.
    Write(u32, LabEffect),
    /// By the system itself.
    System,
    /// The last run that was accepted is to end.
    Cancel,
}

/// What is done to objects at the provider.
pub(crate) const EFFECTS: [LabEffect; 3] =
    [LabEffect::Update, LabEffect::Create, LabEffect::Assign];

/// What becomes of the answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is another one, and nothing was done.
    Refused(u16),
    /// It is another one, and what was asked for was done.
    StatusAfterCommit(u16),
    /// There is none, and what was asked for was done.
    HangAfterCommit,
    /// The connection breaks off, and what was asked for was done.
    ResetAfterCommit,
}

const ANSWERS: [Answer; 6] = [
    Answer::Refused(429),
    Answer::Refused(503),
    Answer::StatusAfterCommit(500),
    Answer::StatusAfterCommit(504),
    Answer::HangAfterCommit,
    Answer::ResetAfterCommit,
];

/// What a person looks at while all this goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The list of operations, as a script asks for it.
    List,
    /// The list of operations, as a page.
    ListPage,
    /// The page of a run of their own tenant.
    Own,
    /// The page of a run of another tenant.
    Foreign,
}

const LOOKS: [Look; 4] = [Look::List, Look::ListPage, Look::Own, Look::Foreign];

/// How many tenants' operators look at pages.
pub(crate) const VIEWERS: usize = 3;

/// Everything that happens in a trial.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) faults: Vec<At<Fault>>,
    /// By tenant.
    pub(crate) changes: Vec<Vec<At<Change>>>,
    /// By tenant.
    pub(crate) wishes: Vec<Vec<At<Wish>>>,
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
        if size.has_server {
            faults.extend(of_server(seed, size));
        }
        faults.sort_by_key(|fault| fault.at);
        Self {
            faults,
            changes: (0..size.tenants).map(|t| changes(seed, t, size)).collect(),
            wishes: (0..size.tenants).map(|t| wishes(seed, t, size)).collect(),
            answers: answers(seed, size),
            looks: (0..size.tenants.min(VIEWERS))
                .map(|viewer| looks(seed, viewer, size))
                .collect(),
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

fn wishes(seed: u64, tenant: usize, size: &Size) -> Vec<At<Wish>> {
    let random = Random::of(seed, "wish", tenant);
    again(random, size, (ms(80), ms(700)), |random| {
        match random.below(10) {
            0 => Wish::System,
            1 => Wish::Cancel,
            2 | 3 => {
                let effect = random.one(&EFFECTS).unwrap_or_default();
                Wish::Write(u32::try_from(2 + random.below(5)).unwrap_or(2), effect)
            }
            4 | 5 => Wish::Person(OperationType::ConnectionCheck),
            _ => Wish::Person(OperationType::InventorySync),
        }
    })
}

/// Each with the number of the tenant that it is about.
fn answers(seed: u64, size: &Size) -> Vec<At<(usize, Answer)>> {
    let random = Random::of(seed, "answer", 0);
    again(random, size, (ms(200), ms(1_200)), |random| {
        let what = random.one(&ANSWERS).unwrap_or(Answer::Refused(503));
        (random.below(size.tenants), what)
    })
}

fn looks(seed: u64, viewer: usize, size: &Size) -> Vec<At<Look>> {
    let random = Random::of(seed, "look", viewer);
    again(random, size, (ms(300), ms(1_200)), |random| {
        random.one(&LOOKS).unwrap_or(Look::List)
    })
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
