//! What a handler works with: its run, the store, the provider, and the gate it asks at every border.

use std::time::Duration;

use graph::GraphError;
use policy::{GoOn, Running, Step};
use store::{Asked, Store, StoreError};

use super::ProviderSession;

/// How old the gate's word may be at a border before the database is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Why a handler stops where it stands; it cannot go on, for it has no [`Step`].
#[derive(Debug)]
pub(crate) enum Halt {
    /// The gate refused at a checkpoint, and has ended the run.
    Refused,
    /// A person wants the run ended.
    Cancelled,
    /// The database does not answer, or the run is no longer this worker's.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The one thing a handler is given.
pub(crate) struct WorkContext<'run> {
    /// Where it writes down what it did.
    pub(crate) store: &'run Store,
    /// The attempt it works for.
    pub(crate) running: &'run Running,
    /// Its way to the provider; each call takes a [`Step`].
    pub(crate) session: &'run ProviderSession,
    said: Option<GoOn<'run>>,
}

impl<'run> WorkContext<'run> {
    pub(crate) const fn new(
        store: &'run Store,
        session: &'run ProviderSession,
        running: &'run Running,
    ) -> Self {
        Self {
            store,
            running,
            session,
            said: None,
        }
    }

    /// A border between two batches: leave for one call to the provider, or the reason to stop.
    ///
    /// The first one asks the database, and so does every one that is five seconds or a write away
    /// from the last that did. Repeats of the call it leads to end within the fifteen seconds of L-10.
    pub(crate) async fn checkpoint(&mut self) -> Result<Step<'run>, Halt> {
        match self.step_at_hand() {
            Some(step) => Ok(step),
            None => self.ask().await,
        }
    }

    /// A call that only reads, made with leave for it, and with new leave when it was broken off and has
    /// waited for the lease for so long that what the gate last said is too old.
    pub(crate) async fn read<T, F>(
        &mut self,
        call: impl Fn(&'run ProviderSession, Step<'run>) -> F,
    ) -> Result<Result<T, GraphError>, Halt>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        loop {
            let step = self.checkpoint().await?;
            match call(self.session, step).await {
                Err(GraphError::LeaveTooOld) => self.border(),
                answer => return Ok(answer),
            }
        }
    }

    /// Leave that is still good, without asking; none when it would have to be asked for.
    pub(super) fn step_at_hand(&self) -> Option<Step<'run>> {
        let said = self.said.as_ref()?;
        (said.asked().elapsed() < ASK_AGAIN).then(|| said.step())
    }

    /// Something was sent to be changed: the next border asks the database, however soon it comes.
    pub(super) fn border(&mut self) {
        self.said = None;
    }

    async fn ask(&mut self) -> Result<Step<'run>, Halt> {
        match self.store.checkpoint(self.running).await? {
            Asked::GoOn(go_on) => Ok(self.said.insert(go_on).step()),
            Asked::Refused(_) => Err(Halt::Refused),
            Asked::CancelRequested => Err(Halt::Cancelled),
        }
    }
}
