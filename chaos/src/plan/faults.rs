//! What is done to the processes.

use postgres_cluster::Stop;

use super::{At, Size, ms};
use crate::random::Random;

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
    /// SIGSTOP to the database server and all its children.
    DatabaseFalls,
    /// SIGCONT to all of them.
    DatabaseSpeaks,
    /// SIGKILL to the process of the pages.
    PagesKilled,
    /// It is started again, on the same port.
    PagesStart,
}

/// Kills and stops of one worker, one after the other.
pub(super) fn of_worker(seed: u64, worker: usize, size: &Size) -> Vec<At<Fault>> {
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

/// Ends and silences of the database server, each over before the next.
pub(super) fn of_server(seed: u64, size: &Size) -> Vec<At<Fault>> {
    let mut random = Random::of(seed, "server", 0);
    let mut faults = Vec::new();
    let mut at = random.between(ms(1_500), ms(4_000));
    while at < size.length {
        // Two of five are silences: from a part of a lease to past it.
        let (begin, end, length) = match random.below(5) {
            0 | 1 => {
                let silent = random.between(size.lease / 6, size.lease + size.lease / 2);
                (Fault::DatabaseFalls, Fault::DatabaseSpeaks, silent)
            }
            _ => {
                let stop = random.one(&[Stop::Fast, Stop::Immediate, Stop::Kill]);
                let gone = random.between(ms(50), ms(1_200));
                let stop = Fault::DatabaseStops(stop.unwrap_or(Stop::Fast));
                (stop, Fault::DatabaseStarts, gone)
            }
        };
        faults.push(At { at, what: begin });
        at += length;
        faults.push(At { at, what: end });
        at += random.between(ms(2_500), ms(7_000));
    }
    faults
}

/// Kills of the process of the pages.
pub(super) fn of_pages(seed: u64, size: &Size) -> Vec<At<Fault>> {
    let mut random = Random::of(seed, "pages", 0);
    let mut faults = Vec::new();
    let mut at = random.between(ms(1_500), ms(6_000));
    while at < size.length {
        let what = Fault::PagesKilled;
        faults.push(At { at, what });
        at += random.between(ms(20), ms(1_500));
        let what = Fault::PagesStart;
        faults.push(At { at, what });
        at += random.between(ms(3_000), ms(9_000));
    }
    faults
}
