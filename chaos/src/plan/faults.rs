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

/// Ends of the database server, each with its new beginning.
pub(super) fn of_server(seed: u64, size: &Size) -> Vec<At<Fault>> {
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
