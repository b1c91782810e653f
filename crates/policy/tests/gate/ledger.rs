//! A ledger in memory that notes what it was asked and fails where it is told to.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use policy::{Permit, Refusal, RunKey, StartLedger};

/// A step of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Record,
    SetRunning,
    SetRefused,
    Commit,
}

/// Every step, in the order in which a start takes them.
pub const STEPS: [Step; 4] = [
    Step::Record,
    Step::SetRunning,
    Step::SetRefused,
    Step::Commit,
];

/// What a ledger was asked for: the step, with the runs permitted and refused.
pub type Asked = (Step, Vec<RunKey>, Vec<RunKey>);

/// A step went wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken(pub Step);

/// The ledger; what it answers is settled before.
#[derive(Default)]
pub struct Scripted {
    /// What `set_running` says has turned.
    pub turned: Vec<RunKey>,
    /// What `set_refused` says has ended.
    pub ended: Vec<RunKey>,
    /// The step that goes wrong.
    pub breaks_at: Option<Step>,
    /// What was asked, readable after the ledger is gone.
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    fn note(&self, step: Step, permits: &[Permit], refusals: &[Refusal]) -> Result<(), Broken> {
        let permitted = permits.iter().map(Permit::key).collect();
        let refused = refusals.iter().map(Refusal::key).collect();
        self.asked
            .lock()
            .expect("one thread")
            .push((step, permitted, refused));
        match self.breaks_at {
            Some(broken) if broken == step => Err(Broken(step)),
            _ => Ok(()),
        }
    }
}

impl StartLedger for Scripted {
    type Error = Broken;

    async fn record(&mut self, permits: &[Permit], refusals: &[Refusal]) -> Result<(), Broken> {
        self.note(Step::Record, permits, refusals)
    }

    async fn set_running(&mut self, permits: &[Permit]) -> Result<Vec<RunKey>, Broken> {
        self.note(Step::SetRunning, permits, &[])?;
        Ok(self.turned.clone())
    }

    async fn set_refused(&mut self, refusals: &[Refusal]) -> Result<Vec<RunKey>, Broken> {
        self.note(Step::SetRefused, &[], refusals)?;
        Ok(self.ended.clone())
    }

    async fn commit(self) -> Result<(), Broken> {
        self.note(Step::Commit, &[], &[])
    }
}

/// The answer of a future that never has to wait.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("this ledger never waits"),
    }
}
