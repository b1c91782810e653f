//! One run from its start to its end, whatever its handler does.

use std::{sync::Arc, time::Duration};

use policy::Running;
use store::{Failure, RunEnd, Store, StoreError};
use tokio::time::{sleep, timeout};

use super::finisher::{Finisher, Written};
use crate::families::{Provider, Worked, failed, work};

/// Between two tries to reach a database that does not answer.
const AGAIN: Duration = Duration::from_millis(500);

/// Works on a run and writes down how it ended; a panic or a hang in the handler is an end too.
pub(super) async fn run(
    store: Store,
    provider: Provider,
    finisher: Finisher,
    running: Running,
    longest: Duration,
) {
    let running = Arc::new(running);
    let key = running.key();
    let (inner, ledger) = (Arc::clone(&running), store.clone());
    let mut handler = tokio::spawn(async move { work(&store, &provider, &inner).await });
    let _stop = AbortOnDrop(handler.abort_handle());
    let end = match timeout(longest, &mut handler).await {
        Ok(Ok(Ok(Worked::Ended(end)))) => end,
        Ok(Ok(Ok(Worked::Over))) => {
            tracing::info!(run.id = %key.run_id, attempt = key.attempt, "stopped by the gate, run {}", key.run_id);
            return;
        }
        Ok(Ok(Err(StoreError::LeaseLost))) => {
            tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "lease lost, run {}", key.run_id);
            return;
        }
        // The run did nothing wrong: it is tried again, and decided about again, once the database is back.
        Ok(Ok(Err(error))) if error.may_pass() => {
            tracing::warn!(run.id = %key.run_id, error = %error, "the database went away, run {}", key.run_id);
            return hand_back(&ledger, &running).await;
        }
        Ok(Ok(Err(error))) => {
            tracing::error!(run.id = %key.run_id, error = %error, "run {} failed inside", key.run_id);
            failed(inside(
                "internal_error",
                "Something went wrong on our side. The log has the details under this run's id.",
            ))
        }
        Ok(Err(_)) => {
            tracing::error!(run.id = %key.run_id, "handler panicked, run {}", key.run_id);
            failed(inside(
                "handler_panicked",
                "The handler of this operation broke off. Nothing else is affected.",
            ))
        }
        Err(_) => {
            handler.abort();
            failed(inside("timed_out", "The run took longer than any run may."))
        }
    };
    finish(&finisher, &running, end).await;
}

/// Puts a run back into the queue; an outage of the database is waited out for as long as the lease is ours.
async fn hand_back(store: &Store, running: &Running) {
    let key = running.key();
    loop {
        match store.run_hand_back(running).await {
            Ok(()) => {
                tracing::info!(run.id = %key.run_id, "handed back, run {}", key.run_id);
                return;
            }
            Err(error) if error.may_pass() => sleep(AGAIN).await,
            Err(error) => {
                tracing::warn!(run.id = %key.run_id, error = %error, "not handed back, run {}", key.run_id);
                return;
            }
        }
    }
}

/// Ends the run; an end that the database does not take becomes a plain failure.
async fn finish(finisher: &Finisher, running: &Arc<Running>, end: RunEnd) {
    let key = running.key();
    let Err(error) = end_run(finisher, running, end).await else {
        return;
    };
    tracing::error!(run.id = %key.run_id, error = %error, "the end of run {} was not taken", key.run_id);
    let end = failed(inside(
        "internal_error",
        "The result could not be written down. The log has the details under this run's id.",
    ));
    if let Err(error) = end_run(finisher, running, end).await {
        tracing::error!(run.id = %key.run_id, error = %error, "run {} is left to its lease", key.run_id);
    }
}

/// Has an end written; an outage of the database is waited out for as long as the lease is ours.
async fn end_run(
    finisher: &Finisher,
    running: &Arc<Running>,
    end: RunEnd,
) -> Result<(), StoreError> {
    let key = running.key();
    let end = Arc::new(end);
    loop {
        match finisher.write(running, &end).await {
            Written::Ended => {
                tracing::info!(run.id = %key.run_id, outcome = ?end.outcome, "run {} ended", key.run_id);
                return Ok(());
            }
            Written::LeaseLost => {
                tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "no longer ours to end, run {}", key.run_id);
                return Ok(());
            }
            Written::Later(why) => {
                tracing::warn!(run.id = %key.run_id, error = why, "could not end run {}; trying again", key.run_id);
                sleep(AGAIN).await;
            }
            Written::Refused(error) => return Err(error),
        }
    }
}

fn inside(reason: &str, message: &str) -> Failure {
    Failure {
        code: "run.handler".to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
    }
}

/// Stops the handler when the job itself is stopped.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
