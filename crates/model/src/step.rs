//! What can happen next: one transaction of `store`, or something that happens to a process.

use crate::{
    Bounds, Fault,
    claim::{commit_lost, read_facts},
    state::{Grant, Lease, Outcome, Run, State, Status, Worker},
};

/// One thing that happens; workers and runs by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A worker locks a waiting run: the first statement of `Store::claim`, which skips locked rows.
    Claim(usize, usize),
    /// It reads the grant and locks it: `facts::load`.
    ReadFacts(usize),
    /// The gate decides and the claim commits: `policy::start` with `record`, `set_running` or
    /// `set_refused`, and `commit` of the ledger.
    Commit(usize),
    /// The same, and the answer is lost.
    CommitUnheard(usize),
    /// The commit is lost on its way, and the claim is rolled back; nobody has told the worker.
    CommitLost(usize),
    /// A worker asks the ledger whether its claim counted: `Store::claim_counted`.
    Ask(usize),
    /// A worker writes down what it has done so far: `Store::run_progress`, and like it
    /// `inventory_store`, `report_store` and `connection_verified`.
    Progress(usize),
    /// A worker ends its run: `Store::runs_finish`.
    Finish(usize),
    /// The same, and the answer is lost: the worker will ask again.
    FinishUnheard(usize),
    /// A worker that has read the wish to cancel ends its run: `Store::runs_finish` as `cancelled`.
    FinishCancelled(usize),
    /// A worker gives its run back, to be tried again now or later: `Store::run_hand_back`.
    HandBack(usize),
    /// A heartbeat: `Store::lease_renew`; a worker that no longer holds its run stops.
    Renew(usize),
    /// Time passes without a heartbeat, or a clock that was set makes it look so.
    LeaseRunsOut(usize),
    /// Another process takes a run from a silent worker: `Store::runs_rescue`.
    Rescue(usize),
    /// A process is killed; its open transaction is rolled back. What is stopped and woken up instead
    /// is a worker that takes no step for a while.
    Crash(usize),
    /// A person revokes: `Store::tenant_role_set`, `tenant_member_remove`, `user_disable` and their like.
    Revoke,
    /// A person gives back what was revoked.
    Restore,
    /// A person wants a run ended: at once while it waits, by its worker while it runs.
    Cancel(usize),
    /// Writes a notification outside of the transaction (a planted mistake alone does).
    Tell(usize),
}

/// The rules of what can happen.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// How much there is of everything.
    pub bounds: Bounds,
    /// The mistake in it.
    pub fault: Fault,
}

impl Engine {
    /// Everything is asked for and nothing has begun.
    pub fn first(&self) -> State {
        State {
            grant: Grant {
                version: 0,
                allows: true,
                promised: 0,
            },
            runs: vec![Run::queued(); self.bounds.runs],
            workers: vec![Worker::Idle; self.bounds.workers],
        }
    }

    /// Every step there is, possible now or not.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = vec![Step::Revoke, Step::Restore];
        for run in 0..self.bounds.runs {
            steps.extend([
                Step::LeaseRunsOut(run),
                Step::Rescue(run),
                Step::Cancel(run),
            ]);
        }
        for worker in 0..self.bounds.workers {
            steps.extend((0..self.bounds.runs).map(|run| Step::Claim(worker, run)));
            steps.extend([
                Step::ReadFacts(worker),
                Step::Commit(worker),
                Step::CommitUnheard(worker),
                Step::CommitLost(worker),
                Step::Ask(worker),
                Step::Progress(worker),
                Step::Finish(worker),
                Step::FinishUnheard(worker),
                Step::FinishCancelled(worker),
                Step::HandBack(worker),
                Step::Renew(worker),
                Step::Crash(worker),
                Step::Tell(worker),
            ]);
        }
        steps
    }

    /// The state after a step; none when the step is not possible now, or waits for a lock.
    pub fn after(&self, before: &State, step: Step) -> Option<State> {
        let mut state = before.clone();
        self.take(&mut state, step).map(|()| state)
    }

    fn take(&self, state: &mut State, step: Step) -> Option<()> {
        match step {
            Step::Claim(worker, run) => self.claim(state, worker, run),
            Step::ReadFacts(worker) => read_facts(state, worker),
            Step::Commit(worker) => self.commit(state, worker),
            Step::CommitUnheard(worker) => self.commit_unheard(state, worker),
            Step::CommitLost(worker) => commit_lost(state, worker),
            Step::Ask(worker) => self.ask(state, worker),
            Step::Progress(worker) => self.progress(state, worker),
            Step::Finish(worker) => self.finish(state, worker, Outcome::Worked),
            Step::FinishUnheard(worker) => {
                let at_work = *state.workers.get(worker)?;
                self.held(state, worker, Some(Fault::FinishWithoutAttempt))?;
                self.finish(state, worker, Outcome::Worked)?;
                *state.workers.get_mut(worker)? = at_work;
                Some(())
            }
            Step::FinishCancelled(worker) => {
                let Worker::Working { run, .. } = *state.workers.get(worker)? else {
                    return None;
                };
                let is_wanted = state.runs.get(run)?.cancel_requested;
                is_wanted.then_some(())?;
                self.finish(state, worker, Outcome::Cancelled)
            }
            Step::HandBack(worker) => self.hand_back(state, worker),
            Step::Renew(worker) => self.renew(state, worker),
            Step::LeaseRunsOut(run) => {
                let run = state.runs.get_mut(run)?;
                (run.status == Status::Running && run.lease == Lease::Held).then_some(())?;
                run.lease = Lease::Over;
                Some(())
            }
            Step::Rescue(run) => self.rescue(state, run),
            Step::Crash(worker) => {
                let worker = state.workers.get_mut(worker)?;
                (*worker != Worker::Idle).then_some(())?;
                *worker = Worker::Idle;
                Some(())
            }
            Step::Revoke => self.change_grant(state, false),
            Step::Restore => self.change_grant(state, true),
            Step::Cancel(run) => cancel(state, run),
            Step::Tell(worker) => {
                let Worker::Telling { run } = *state.workers.get(worker)? else {
                    return None;
                };
                state.runs.get_mut(run)?.notices += 1;
                *state.workers.get_mut(worker)? = Worker::Idle;
                Some(())
            }
        }
    }

    /// What became of a run whose end a worker has written.
    pub(crate) fn tell(&self, state: &mut State, worker: usize, run: usize) -> Option<()> {
        let outside = self.fault == Fault::NotifyOutsideTransaction;
        if outside {
            state.runs.get_mut(run)?.notices -= 1;
        }
        *state.workers.get_mut(worker)? = if outside {
            Worker::Telling { run }
        } else {
            Worker::Idle
        };
        Some(())
    }

    /// The run that a worker may write for, marked when the write comes from a start that was replaced.
    fn held(&self, state: &mut State, worker: usize, unfenced: Option<Fault>) -> Option<usize> {
        let Worker::Working {
            run,
            attempt,
            start,
        } = *state.workers.get(worker)?
        else {
            return None;
        };
        let of_run = state.runs.get_mut(run)?;
        let is_fenced_in = of_run.attempt == attempt || unfenced == Some(self.fault);
        (of_run.status == Status::Running && is_fenced_in).then_some(())?;
        of_run.late_write |= of_run.starts != start;
        Some(run)
    }

    fn progress(&self, state: &mut State, worker: usize) -> Option<()> {
        if self
            .held(state, worker, Some(Fault::ProgressWithoutAttempt))
            .is_none()
        {
            stop(state, worker)?;
        }
        Some(())
    }

    fn finish(&self, state: &mut State, worker: usize, outcome: Outcome) -> Option<()> {
        let unfenced = match outcome {
            Outcome::Cancelled => Fault::CancelIgnoresAttempt,
            _ => Fault::FinishWithoutAttempt,
        };
        let Some(run) = self.held(state, worker, Some(unfenced)) else {
            return stop(state, worker);
        };
        end(state.runs.get_mut(run)?, outcome);
        self.tell(state, worker, run)
    }

    fn hand_back(&self, state: &mut State, worker: usize) -> Option<()> {
        if let Some(run) = self.held(state, worker, None) {
            let run = state.runs.get_mut(run)?;
            (run.attempt < self.bounds.attempts).then_some(())?;
            requeue(run);
        }
        stop(state, worker)
    }

    fn renew(&self, state: &mut State, worker: usize) -> Option<()> {
        match self.held(state, worker, None) {
            Some(run) => state.runs.get_mut(run)?.lease = Lease::Held,
            None => stop(state, worker)?,
        }
        Some(())
    }

    fn rescue(&self, state: &mut State, run: usize) -> Option<()> {
        let of_run = state.runs.get_mut(run)?;
        let is_lost = of_run.status == Status::Running && of_run.lease == Lease::Over;
        (is_lost && self.fault != Fault::NobodyRescues).then_some(())?;
        if of_run.attempt >= self.bounds.attempts {
            end(of_run, Outcome::Failed);
            return Some(());
        }
        requeue(of_run);
        if of_run.is_over() {
            return Some(());
        }
        match self.fault {
            Fault::RescueWithoutNewAttempt => of_run.attempt -= 1,
            Fault::ForgetAuditOfRescue => of_run.requeued_entries -= 1,
            _ => {}
        }
        // Without new attempts nothing else would bound the walk.
        (of_run.requeues < self.bounds.attempts).then_some(())
    }

    fn change_grant(&self, state: &mut State, allows: bool) -> Option<()> {
        let is_change = state.grant.allows != allows && state.grant.promised < self.bounds.changes;
        is_change.then_some(())?;
        if state.is_grant_locked() {
            // An UPDATE of a row that a start has locked waits for the start.
            (self.fault == Fault::RevokeSkipsLockedRows).then_some(())?;
            state.grant.promised += 1;
            return Some(());
        }
        state.grant.promised += 1;
        state.grant.version = state.grant.promised;
        state.grant.allows = allows;
        Some(())
    }
}

/// A worker that has nothing to write for any more.
fn stop(state: &mut State, worker: usize) -> Option<()> {
    let worker = state.workers.get_mut(worker)?;
    matches!(worker, Worker::Working { .. }).then_some(())?;
    *worker = Worker::Idle;
    Some(())
}

fn cancel(state: &mut State, run: usize) -> Option<()> {
    let is_claimed = state.is_claimed(run);
    let run = state.runs.get_mut(run)?;
    match run.status {
        Status::Queued if !is_claimed => end(run, Outcome::Cancelled),
        Status::Running if !run.cancel_requested => run.cancel_requested = true,
        _ => return None,
    }
    Some(())
}

/// Ends a run, with its audit entry and its notification: one transaction.
pub(crate) fn end(run: &mut Run, outcome: Outcome) {
    run.status = Status::Ended(outcome);
    run.lease = Lease::Over;
    run.cancel_requested = false;
    run.ends += 1;
    run.end_entries += 1;
    run.notices += 1;
}

/// Queues a run again as a new attempt; one that somebody wants ended is ended instead.
fn requeue(run: &mut Run) {
    if run.cancel_requested {
        return end(run, Outcome::Cancelled);
    }
    run.status = Status::Queued;
    run.lease = Lease::Over;
    run.attempt += 1;
    run.requeues += 1;
    run.requeued_entries += 1;
}
