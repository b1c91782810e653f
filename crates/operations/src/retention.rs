//! Tidying away what runs long over have left.

use std::time::Duration;

use domain::time::DAY;
use store::{Removed, Store, StoreError};
use tokio::time::sleep;

/// Between two batches, so that others get at SQLite's one writer.
const BREATH: Duration = Duration::from_millis(20);

/// Removes what runs that ended so many days ago have left, in small batches.
///
/// # Errors
/// When the database does not answer; what was removed until then stays removed.
pub async fn tidy(store: &Store, kept_days: i64) -> Result<Removed, StoreError> {
    let ended_before = store.now().await?.plus(-kept_days.saturating_mul(DAY));
    let mut all = Removed::default();
    loop {
        let removed = store.remove_batch(ended_before, kept_days).await?;
        if removed.rows() == 0 {
            return Ok(all);
        }
        all = all.and(removed);
        sleep(BREATH).await;
    }
}
