//! The steps of a claim: lock, read, decide and commit, and what a worker makes of a commit without an answer.

use crate::{
    Engine, Fault,
    state::{Decision, Lease, Outcome, Read, State, Status, Worker},
    step::end,
};

impl Engine {
    pub(crate) fn claim(&self, state: &mut State, worker: usize, run: usize) -> Option<()> {
        let is_early = self.fault == Fault::DecideBeforeTransaction;
        let is_free = *state.workers.get(worker)? == Worker::Idle
            && state.runs.get(run)?.status == Status::Queued
            && !state.is_claimed(run);
        is_free.then_some(())?;
        let read = Read {
            version: state.grant.version,
            allows: state.grant.allows,
        };
        *state.workers.get_mut(worker)? = Worker::Claiming {
            run,
            attempt: state.runs.get(run)?.attempt,
            read: is_early.then_some(read),
            is_locking: !is_early,
        };
        Some(())
    }

    pub(crate) fn commit(&self, state: &mut State, worker: usize) -> Option<()> {
        let Worker::Claiming {
            run,
            attempt,
            read: Some(read),
            ..
        } = *state.workers.get(worker)?
        else {
            return None;
        };
        let promised = state.grant.promised;
        let of_run = state.runs.get_mut(run)?;
        if of_run.status != Status::Queued || of_run.attempt != attempt {
            // A lost claim: the compare-and-set found nothing to turn.
            *state.workers.get_mut(worker)? = Worker::Idle;
            return Some(());
        }
        of_run.decision = Some(Decision {
            attempt,
            allows: read.allows,
            is_current: read.version == promised,
        });
        if read.allows {
            of_run.status = Status::Running;
            of_run.lease = Lease::Held;
            of_run.starts += 1;
            of_run.starter = Some(worker);
            of_run.started_entries += 1;
            let start = of_run.starts;
            *state.workers.get_mut(worker)? = Worker::Working {
                run,
                attempt,
                start,
            };
            return Some(());
        }
        end(of_run, Outcome::Blocked);
        self.tell(state, worker, run)
    }

    pub(crate) fn commit_unheard(&self, state: &mut State, worker: usize) -> Option<()> {
        let (run, attempt) = claimed(state, worker)?;
        self.commit(state, worker)?;
        let start = match *state.workers.get(worker)? {
            Worker::Working { start, .. } => start,
            _ => 0,
        };
        *state.workers.get_mut(worker)? = Worker::Asking {
            run,
            attempt,
            start,
        };
        Some(())
    }

    /// A refusal starts nothing, whoever's it is; a start is one's own when the attempt names oneself.
    pub(crate) fn ask(&self, state: &mut State, worker: usize) -> Option<()> {
        let Worker::Asking {
            run,
            attempt,
            start,
        } = *state.workers.get(worker)?
        else {
            return None;
        };
        let of_run = state.runs.get(run)?;
        let is_started = of_run
            .decision
            .is_some_and(|decision| decision.attempt == attempt && decision.allows);
        let is_own = of_run.starter == Some(worker) || self.fault == Fault::ProbeIgnoresWorker;
        *state.workers.get_mut(worker)? = if is_started && is_own {
            Worker::Working {
                run,
                attempt,
                start,
            }
        } else {
            Worker::Idle
        };
        Some(())
    }
}

/// The commit does not count, and the worker does not know it.
pub(crate) fn commit_lost(state: &mut State, worker: usize) -> Option<()> {
    let (run, attempt) = claimed(state, worker)?;
    *state.workers.get_mut(worker)? = Worker::Asking {
        run,
        attempt,
        start: 0,
    };
    Some(())
}

/// What a worker's claim has read everything for.
fn claimed(state: &State, worker: usize) -> Option<(usize, u8)> {
    match *state.workers.get(worker)? {
        Worker::Claiming {
            run,
            attempt,
            read: Some(_),
            ..
        } => Some((run, attempt)),
        _ => None,
    }
}

pub(crate) fn read_facts(state: &mut State, worker: usize) -> Option<()> {
    let grant = state.grant;
    match state.workers.get_mut(worker)? {
        Worker::Claiming { read, .. } if read.is_none() => {
            *read = Some(Read {
                version: grant.version,
                allows: grant.allows,
            });
            Some(())
        }
        _ => None,
    }
}
