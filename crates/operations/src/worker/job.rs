//! One run from its start to its end, whatever its handler does.

use std::{sync::Arc, time::Duration};

use policy::Running;
use store::{Failure, RunEnd, Store, StoreError};
use tokio::time::{sleep, timeout};

use crate::families::{Provider, failed, work};

/// Works on a run and writes down how it ended; a panic or a hang in the handler is an end too.
pub(super) async fn run(store: Store, provider: Provider, running: Running, longest: Duration) {
    let running = Arc::new(running);
    let key = running.key();
    let (inner_store, inner) = (store.clone(), Arc::clone(&running));
    let mut handler = tokio::spawn(async move { work(&inner_store, &provider, &inner).await });
    let _stop = AbortOnDrop(handler.abort_handle());
    let end = match timeout(longest, &mut handler).await {
        Ok(Ok(Ok(end))) => end,
        Ok(Ok(Err(StoreError::LeaseLost))) => {
            tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "lease lost, run {}", key.run_id);
            return;
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
    finish(&store, &running, &end).await;
}

/// Ends the run; an end that the database does not take becomes a plain failure.
async fn finish(store: &Store, running: &Running, end: &RunEnd) {
    let key = running.key();
    let Err(error) = end_run(store, running, end).await else {
        return;
    };
    tracing::error!(run.id = %key.run_id, error = %error, "the end of run {} was not taken", key.run_id);
    let end = failed(inside(
        "internal_error",
        "The result could not be written down. The log has the details under this run's id.",
    ));
    if let Err(error) = end_run(store, running, &end).await {
        tracing::error!(run.id = %key.run_id, error = %error, "run {} is left to its lease", key.run_id);
    }
}

/// Writes an end; an outage of the database is waited out for as long as the lease is ours.
async fn end_run(store: &Store, running: &Running, end: &RunEnd) -> Result<(), StoreError> {
    let key = running.key();
    loop {
        match store.run_finish(running, end).await {
            Ok(()) => {
                tracing::info!(run.id = %key.run_id, outcome = ?end.outcome, "run {} ended", key.run_id);
                return Ok(());
            }
            Err(StoreError::LeaseLost) => {
                tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "no longer ours to end, run {}", key.run_id);
                return Ok(());
            }
            Err(error) if matches!(error, StoreError::Unavailable(_)) || error.is_contention() => {
                tracing::warn!(run.id = %key.run_id, error = %error, "could not end run {}; trying again", key.run_id);
                sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(error),
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
