//! Bulk orchestrator: asks for a run in each chosen tenant, and waits for them.
//!
//! All that it knows stands in the database, so an attempt that takes over goes on where the last one was.

use std::time::Duration;

use domain::{run::RunOutcome, summary::SummaryCounts};
use policy::Running;
use store::{Failure, RunEnd, Store, StoreError, WorkedOutcome};
use tokio::time::sleep;

/// How many runs are asked for between two looks at the bulk's own standing.
const BATCH: i64 = 20;
/// How long it waits for a bell before it looks by itself: runs also end in other processes.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks, however often the bell rings.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks for what is left to ask for, and waits until all of it is over.
pub(super) async fn run(store: &Store, running: &Running) -> Result<RunEnd, StoreError> {
    // The border of a batch: with no more to ask for, nothing more is done in anybody's name.
    while store.bulk_ask(running, BATCH).await? > 0 {}
    let outcome = wait(store, running).await?;
    Ok(end_of(outcome))
}

/// Has what was asked for ended, and waits until all of it is.
pub(crate) async fn abort(store: &Store, running: &Running) -> Result<(), StoreError> {
    store.bulk_abort(running).await?;
    let mut bell = store.end_bell();
    while !store.bulk_tally(running).await?.is_wound_down() {
        tokio::select! { Ok(()) = bell.changed() => sleep(PAUSE).await, () = sleep(LOOK) => {} }
    }
    Ok(())
}

async fn wait(store: &Store, running: &Running) -> Result<RunOutcome, StoreError> {
    let mut bell = store.end_bell();
    loop {
        let tally = store.bulk_tally(running).await?;
        if tally.is_over() {
            return Ok(tally.outcome());
        }
        tokio::select! { Ok(()) = bell.changed() => sleep(PAUSE).await, () = sleep(LOOK) => {} }
    }
}

/// The end of a bulk. It names and counts nothing: who sees the run sees the items of their own tenants alone.
fn end_of(outcome: RunOutcome) -> RunEnd {
    let (outcome, failures) = match outcome {
        RunOutcome::Succeeded => (WorkedOutcome::Succeeded, Vec::new()),
        RunOutcome::PartiallySucceeded => (
            WorkedOutcome::PartiallySucceeded,
            vec![failure(
                "some_items_not_succeeded",
                "Not every tenant was verified. Each item says what became of it.",
            )],
        ),
        _ => (
            WorkedOutcome::Failed,
            vec![failure(
                "no_item_succeeded",
                "No tenant was verified. Each item says what became of it.",
            )],
        ),
    };
    RunEnd {
        outcome,
        counts: SummaryCounts::default(),
        failures,
    }
}

fn failure(reason: &str, message: &str) -> Failure {
    Failure {
        code: "bulk.items".to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
        stated_wait: None,
    }
}
