//! Looking while the faults go on.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use store::Store;
use tokio::time::{Instant, sleep};

use crate::{
    burden::{Bearers, Burden},
    check::{Broken, of_trial},
    installation::Installation,
    queues::resume_all,
    slots::is_one_left,
    wait::until,
};

/// What was seen meanwhile.
#[derive(Default)]
pub(crate) struct Sampled {
    /// How often the rules were asked.
    pub(crate) samples: u64,
    pub(crate) burden: Burden,
    pub(crate) broken: Vec<Broken>,
}

/// Asks the rules again and again until told to stop; an outage of the database is nobody's fault.
pub(crate) async fn sample(store: Store, bearers: Bearers, stop: Arc<AtomicBool>) -> Sampled {
    let (mut sampled, mut known) = (Sampled::default(), HashSet::new());
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        sampled.burden = bearers.look(sampled.burden);
        if let Ok(violations) = store.violations().await {
            sampled.samples += 1;
            for violation in violations {
                // The same row is told once, however long it stays.
                if known.insert((violation.rule.clone(), violation.run)) {
                    sampled.broken.push(violation.into());
                }
            }
        }
        // A long ledger takes long to ask: the look must not become the load.
        sleep(Duration::from_millis(200).max(begun.elapsed() * 4)).await;
    }
    // What was opened since the last look, and is open still.
    sampled.burden = bearers.look(sampled.burden);
    sampled
}

/// Waits until no run is left; answers how long that took, and what was left when the time was over.
///
/// A queue that somebody has left paused is resumed, however often the database has to be asked.
pub(crate) async fn until_settled(
    installation: &Installation,
    bound: Duration,
) -> (Duration, Vec<Broken>) {
    let begun = Instant::now();
    let (mut left, mut is_slot_left) = (Vec::new(), false);
    until(bound, async || {
        resume_all(installation).await?;
        // First: a slot that is decided about has its run in the queue by then.
        is_slot_left = is_one_left(installation).await?;
        left = installation.store.runs_active().await?;
        Ok(left.is_empty() && !is_slot_left)
    })
    .await;
    let stuck = left.into_iter().map(|(run, what)| Broken {
        rule: format!("I3 every run ends within {} s", bound.as_secs()),
        run: Some(run),
        what,
    });
    let mut stuck: Vec<_> = stuck.collect();
    if is_slot_left {
        let rule = format!(
            "I10 every slot is decided about within {} s",
            bound.as_secs()
        );
        stuck.push(of_trial(&rule, "one is not".to_owned()));
    }
    (begun.elapsed(), stuck)
}
