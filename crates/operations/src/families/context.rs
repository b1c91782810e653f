//! What a handler works with: its run, the store, the provider, and the gate it asks at every border.

use std::time::Duration;

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
        if let Some(said) = &self.said
            && said.asked().elapsed() < ASK_AGAIN
        {
            return Ok(said.step());
        }
        match self.store.checkpoint(self.running).await? {
            Asked::GoOn(go_on) => Ok(self.said.insert(go_on).step()),
            Asked::Refused(_) => Err(Halt::Refused),
            Asked::CancelRequested => Err(Halt::Cancelled),
        }
    }
}
