//! Bulk orchestrator: asks for a run in each chosen tenant, and waits for them.
//!
//! All that it knows stands in the database, so an attempt that takes over goes on where the last one was.

use std::time::{Duration, Instant};

use domain::{bulk::BulkTally, run::RunOutcome, summary::SummaryCounts};
use policy::Running;
use store::{Asked, Failure, RunEnd, Store, StoreError, WorkedOutcome};
use tokio::time::sleep;

use super::{Halt, Worked, empty};

/// How many runs are asked for between two looks at the bulk's own standing.
const BATCH: i64 = 20;
/// How long it waits for a bell before it looks by itself: runs also end in other processes.
const LOOK: Duration = Duration::from_secs(1);
/// The shortest time between two looks, however often the bell rings.
const PAUSE: Duration = Duration::from_millis(100);

/// How old the gate's word may be while it only waits (L-10).
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Asks for what is left to ask for, and waits until all of it is over.
///
/// It waits for weeks if it must, so it meets every moment in which the database does not answer, and waits those
/// out too for as long as its lease holds: what it knows stands there, and it does nothing else.
pub(super) async fn run(store: &Store, running: &Running) -> Result<Worked, StoreError> {
    loop {
        match once(store, running).await {
            Err(error) if error.may_pass() => {
                let run = running.key().run_id;
                tracing::warn!(run.id = %run, error = %error.with_causes(), "waiting for the database, run {run}");
                sleep(LOOK).await;
            }
            worked => return worked,
        }
    }
}

async fn once(store: &Store, running: &Running) -> Result<Worked, StoreError> {
    match ask_and_wait(store, running).await {
        Ok(tally) => Ok(Worked::Ended(end_of(&tally))),
        Err(Halt::Refused) => Ok(Worked::Over),
        Err(Halt::Cancelled) => {
            abort(store, running).await?;
            Ok(Worked::Ended(empty(WorkedOutcome::Cancelled)))
        }
        Err(Halt::Store(error)) => Err(error),
    }
}

async fn ask_and_wait(store: &Store, running: &Running) -> Result<BulkTally, Halt> {
    checkpoint(store, running).await?;
    while store.bulk_ask(running, BATCH).await? > 0 {
        checkpoint(store, running).await?;
    }
    let mut asked = Instant::now();
    let mut bell = store.end_bell();
    loop {
        let tally = store.bulk_tally(running).await?;
        if tally.is_over() {
            return Ok(tally);
        }
        if asked.elapsed() >= ASK_AGAIN {
            checkpoint(store, running).await?;
            asked = Instant::now();
        }
        tokio::select! { Ok(()) = bell.changed() => sleep(PAUSE).await, () = sleep(LOOK) => {} }
    }
}

/// The border of a batch: whether more may be done in the name of who asked for the whole.
async fn checkpoint(store: &Store, running: &Running) -> Result<(), Halt> {
    match store.checkpoint(running).await? {
        Asked::GoOn(_) => Ok(()),
        Asked::Refused(_) => Err(Halt::Refused),
        Asked::CancelRequested => Err(Halt::Cancelled),
    }
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

/// The end of a bulk. It names and counts nothing: who sees the run sees the items of their own tenants alone.
fn end_of(tally: &BulkTally) -> RunEnd {
    let failures = failures_of(tally);
    let outcome = match tally.outcome() {
        RunOutcome::Succeeded => WorkedOutcome::Succeeded,
        RunOutcome::PartiallySucceeded => WorkedOutcome::PartiallySucceeded,
        RunOutcome::Blocked => WorkedOutcome::NothingStarted,
        _ => WorkedOutcome::Failed,
    };
    RunEnd {
        outcome,
        counts: SummaryCounts::default(),
        failures,
    }
}

/// What went wrong, of an end that its items made: nothing where they were refused or left out.
pub(crate) fn failures_of(tally: &BulkTally) -> Vec<Failure> {
    match tally.outcome() {
        RunOutcome::PartiallySucceeded => vec![failure(
            "some_items_not_succeeded",
            "Not every tenant was verified. Each item says what became of it.",
        )],
        RunOutcome::Failed => vec![failure(
            "no_item_succeeded",
            "No tenant was verified. Each item says what became of it.",
        )],
        _ => Vec::new(),
    }
}

const OF_ITEMS: &str = "bulk.items";

/// Whether a failure says what became of items, and nothing of the bulk itself.
pub(crate) fn is_of_items(failure: &Failure) -> bool {
    failure.code == OF_ITEMS
}

fn failure(reason: &str, message: &str) -> Failure {
    Failure {
        code: OF_ITEMS.to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
        stated_wait: None,
    }
}

#[cfg(test)]
mod tests {
    use domain::bulk::BulkState::{Blocked, Cancelled, Failed, Skipped, Succeeded};

    use super::*;

    #[test]
    fn l13_a_bulk_whose_parts_were_all_refused_did_not_fail() {
        for (states, outcome, reason) in [
            (&[Blocked, Blocked][..], WorkedOutcome::NothingStarted, None),
            (&[Blocked, Skipped], WorkedOutcome::NothingStarted, None),
            (
                &[Blocked, Failed],
                WorkedOutcome::Failed,
                Some("no_item_succeeded"),
            ),
            (
                &[Skipped, Cancelled],
                WorkedOutcome::Failed,
                Some("no_item_succeeded"),
            ),
            (
                &[Succeeded, Blocked],
                WorkedOutcome::PartiallySucceeded,
                Some("some_items_not_succeeded"),
            ),
            (&[Succeeded], WorkedOutcome::Succeeded, None),
        ] {
            let end = end_of(&states.iter().map(|state| (*state, 1)).collect());
            assert_eq!(end.outcome, outcome, "{states:?}");
            let told = end.failures.first().map(|it| it.reason_code.as_str());
            assert_eq!(told, reason, "{states:?}");
        }
    }
}
