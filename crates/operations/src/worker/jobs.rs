//! The runs that a pool is working on, and the slots they take.

use std::sync::Arc;

use store::Store;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
};

use super::finisher::Finisher;

/// What a pool works on, and where it is written down how that ended.
pub(super) struct Jobs {
    pub(super) running: JoinSet<()>,
    pub(super) slots: Arc<Semaphore>,
    pub(super) finisher: Finisher,
    writing: JoinHandle<()>,
}

impl Jobs {
    /// Nothing yet, and so many slots.
    pub(super) fn new(store: Store, slots: usize) -> Self {
        let (finisher, writing) = Finisher::start(store);
        Self {
            running: JoinSet::new(),
            slots: Arc::new(Semaphore::new(slots)),
            finisher,
            writing,
        }
    }

    /// Waits for the group that is being written, so that nothing of it is handed back.
    pub(super) async fn close(self) {
        drop(self.finisher);
        if let Err(error) = self.writing.await {
            tracing::error!(error = %error, "writing ends broke off");
        }
    }
}
