//! Claims that go no further than a test wants.

use domain::{ids::WorkerId, time::Timestamp};
use policy::RunKey;

use crate::{Store, StoreError, queue::Slots};

/// A claim that is dropped before anything was decided; answers of how many runs it was.
///
/// # Errors
/// When the database does not answer.
pub async fn claim_and_drop(
    store: &Store,
    worker: WorkerId,
    limit: i64,
) -> Result<usize, StoreError> {
    let slots = Slots {
        free: limit,
        spare: 0,
    };
    let claimed = store.claim_for(worker, slots).await?;
    Ok(claimed.map_or(0, |(_, facts)| facts.len()))
}

/// What a claim asks when the answer of its commit was lost; on SQLite no answer can be.
///
/// # Errors
/// When the database does not answer.
pub async fn claim_counted(
    store: &Store,
    key: RunKey,
    worker: WorkerId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    store.claim_counted(key, worker, at).await
}
