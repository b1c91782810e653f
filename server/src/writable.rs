//! A process of pages alone tries to write now and then.
//!
//! It hardly writes otherwise. Where nothing can be written workers cannot leave word either, and it would tell of
//! workers that are not there instead of what is the matter.

use std::time::Duration;

use store::Store;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// Well below the minute for which the store remembers a refusal.
const EVERY: Duration = Duration::from_secs(15);

/// Tries until it is told to stop; the store itself remembers what it is refused.
pub(crate) async fn keep_trying(store: Store, mut stop: watch::Receiver<bool>) {
    let mut timer = interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut could = true;
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
        let refused = store.write_probe().await;
        match &refused {
            Ok(()) if !could => tracing::info!("the database can be written again"),
            Err(error) if could => tracing::warn!(
                error = error.with_causes(),
                "the database cannot be written; trying again"
            ),
            _ => {}
        }
        could = refused.is_ok();
    }
}
