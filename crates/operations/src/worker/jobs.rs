//! The runs that a pool is working on, and the slots they take.

use std::{sync::Arc, time::Duration};

use store::Store;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::timeout,
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

    /// Waits for the group that is being written, so that nothing of it is handed back; not for longer than this.
    pub(super) async fn close(mut self, within: Duration) {
        drop(self.finisher);
        match timeout(within, &mut self.writing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %error, "writing ends broke off"),
            Err(_) => {
                self.writing.abort();
                tracing::warn!("ends of runs were not written in time; the runs are done again");
            }
        }
    }
}
