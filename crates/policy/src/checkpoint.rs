//! The gate's second door: a run that is at work is asked about again, and goes on or is over (L-10).

use std::{
    future::Future,
    time::{Duration, Instant},
};

use crate::{
    decide::decide,
    facts::Facts,
    permit::{Refusal, Ruling, RunKey, Running},
};

/// How long after the gate was last asked a call to the provider may still start.
pub const LONGEST_UNASKED: Duration = Duration::from_secs(15);

/// A transaction that holds a running attempt still while it is asked about; only the store implements it.
pub trait CheckpointLedger: Send {
    /// What can go wrong.
    type Error: Send;

    /// Ends the run where it stands: what was done is kept, with decision, audit and notification.
    ///
    /// Answers whether it was still this attempt's to end.
    fn set_refused(
        &mut self,
        refusal: &Refusal,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Commits; returns only when the commit is known to be durable.
    fn commit(self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What the gate said about a run that is at work.
#[derive(Debug)]
pub enum Checkpoint<'run> {
    /// It may go on.
    GoOn(GoOn<'run>),
    /// It was refused and is over; there is nothing left to end.
    Refused(RunKey),
    /// The facts are another attempt's, or another attempt has taken over.
    NotOurs,
}

/// The gate's word that a running attempt may go on.
///
/// Only the gate makes one:
///
/// ```compile_fail
/// fn forge(running: &policy::Running, asked: std::time::Instant) -> policy::GoOn<'_> {
///     policy::GoOn { running, asked }
/// }
/// ```
///
/// Its twin that compiles differs in taking what the gate said:
///
/// ```
/// fn said(checkpoint: policy::Checkpoint<'_>) -> Option<policy::GoOn<'_>> {
///     match checkpoint { policy::Checkpoint::GoOn(go_on) => Some(go_on), _ => None }
/// }
/// ```
#[derive(Debug)]
pub struct GoOn<'run> {
    running: &'run Running,
    asked: Instant,
}

impl<'run> GoOn<'run> {
    /// When the gate was asked, by this process's own clock: before the facts were read.
    pub const fn asked(&self) -> Instant {
        self.asked
    }

    /// Leave for one call to the provider.
    pub const fn step(&self) -> Step<'run> {
        Step {
            running: self.running,
            asked: self.asked,
        }
    }
}

/// Leave for one call to the provider, given by a checkpoint and used up by the call.
///
/// Whoever holds a `Running` alone makes no call:
///
/// ```compile_fail
/// fn call(step: policy::Step<'_>) {}
/// fn work(running: &policy::Running, go_on: policy::GoOn<'_>) {
///     call(running);
/// }
/// ```
///
/// Its twin that compiles differs in having gone through a checkpoint:
///
/// ```
/// fn call(step: policy::Step<'_>) {}
/// fn work(running: &policy::Running, go_on: policy::GoOn<'_>) {
///     call(go_on.step());
/// }
/// ```
///
/// One leave is for one call:
///
/// ```compile_fail
/// fn call(step: policy::Step<'_>) {}
/// fn work(go_on: policy::GoOn<'_>) {
///     let step = go_on.step();
///     call(step);
///     call(step);
/// }
/// ```
///
/// Its twin that compiles differs in asking for each:
///
/// ```
/// fn call(step: policy::Step<'_>) {}
/// fn work(go_on: policy::GoOn<'_>) {
///     let step = go_on.step();
///     call(step);
///     call(go_on.step());
/// }
/// ```
#[derive(Debug)]
pub struct Step<'run> {
    running: &'run Running,
    asked: Instant,
}

impl<'run> Step<'run> {
    /// The attempt it was given to.
    pub const fn running(&self) -> &'run Running {
        self.running
    }

    /// How long a call may still be started with it; nothing is left of one that was kept too long.
    pub fn time_left(&self, now: Instant) -> Duration {
        LONGEST_UNASKED.saturating_sub(now.saturating_duration_since(self.asked))
    }
}

/// Asks the gate again about a run that is at work, from facts read in the ledger's transaction.
///
/// `asked` is the moment before that transaction began, so that leave is never thought newer than it is.
///
/// # Errors
/// Whatever the ledger answers; then nothing is known to be allowed, and nothing may go on.
pub async fn checkpoint<'run, L: CheckpointLedger>(
    mut ledger: L,
    running: &'run Running,
    facts: &Facts,
    asked: Instant,
) -> Result<Checkpoint<'run>, L::Error> {
    let ruling = decide(facts);
    let about = match &ruling {
        Ruling::Allowed(permit) => permit.key(),
        Ruling::Refused(refusal) => refusal.key(),
    };
    if about != running.key() {
        return Ok(Checkpoint::NotOurs);
    }
    match ruling {
        Ruling::Allowed(_) => {
            ledger.commit().await?;
            Ok(Checkpoint::GoOn(GoOn { running, asked }))
        }
        Ruling::Refused(refusal) => {
            if !ledger.set_refused(&refusal).await? {
                return Ok(Checkpoint::NotOurs);
            }
            ledger.commit().await?;
            Ok(Checkpoint::Refused(about))
        }
    }
}
