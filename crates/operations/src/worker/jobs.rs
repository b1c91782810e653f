//! The runs that a pool is working on, and the slots they take.

use std::sync::Arc;

use domain::ids::WorkerId;
use store::Store;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
};

use super::{claims::Claims, finisher::Finisher};

/// What a pool works on, and where it is written down how that ended.
pub(super) struct Jobs {
    pub(super) running: JoinSet<()>,
    pub(super) claims: Claims,
    pub(super) finisher: Finisher,
    writing: JoinHandle<()>,
}

impl Jobs {
    /// Nothing yet, and a slot for each of so many workers.
    pub(super) fn new(store: Store, worker: WorkerId, workers: usize) -> Self {
        let slots = Arc::new(Semaphore::new(workers));
        let (finisher, writing) = Finisher::start(store.clone());
        Self {
            running: JoinSet::new(),
            claims: Claims::new(store, worker, workers, slots),
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
