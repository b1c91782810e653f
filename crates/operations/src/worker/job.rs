//! One run from its start to its end, whatever its handler does.

use std::{sync::Arc, time::Duration};

use domain::{operation::ProviderEffect, summary::SummaryCounts};
use policy::Running;
use store::{Again, Failure, GivenBack, RunEnd, Store, StoreError, WorkedOutcome};
use tokio::{
    task::JoinError,
    time::{sleep, timeout},
};

use super::{
    again::{Jitter, again},
    cancel::CancelToken,
    finisher::{Finisher, Written},
    held::Held,
};
use crate::families::{Provider, Worked, bulk, failed, work};

/// Between two tries to reach a database that does not answer.
const AGAIN: Duration = Duration::from_millis(500);
/// How long a handler that was stopped may take to let go; then the run ends without it.
const LETTING_GO: Duration = Duration::from_secs(5);

/// What one run is worked on with.
pub(super) struct Job {
    pub(super) store: Store,
    pub(super) provider: Provider,
    pub(super) finisher: Finisher,
    pub(super) held: Arc<Held>,
    pub(super) cancel: CancelToken,
    pub(super) jitter: Jitter,
    /// How long an attempt may take; no limit for what only waits for others.
    pub(super) longest: Option<Duration>,
}

/// What a handler came to.
enum Came {
    /// To its own end, or a panic.
    ToItsEnd(Result<Result<Worked, StoreError>, JoinError>),
    /// Somebody wanted the run ended.
    Cancelled,
    /// It took too long.
    TooLate,
}

impl Job {
    /// Works on a run and writes down how it ended; a panic or a hang in the handler is an end too.
    pub(super) async fn run(mut self, running: Running) {
        let running = Arc::new(running);
        let Some(end) = self.work(&running).await else {
            return;
        };
        self.held.leave_to_its_end(running.key());
        let again = again(running.operation().spec(), &end, self.jitter);
        finish(&self.finisher, &running, end, again).await;
    }

    /// Lets the handler work; nothing, when the run is not this worker's to end any more.
    async fn work(&mut self, running: &Arc<Running>) -> Option<RunEnd> {
        let key = running.key();
        let end = match self.handle(running).await {
            Came::ToItsEnd(Ok(Ok(Worked::Ended(end)))) => end,
            Came::ToItsEnd(Ok(Ok(Worked::Over))) => {
                tracing::info!(run.id = %key.run_id, attempt = key.attempt, "stopped by the gate, run {}", key.run_id);
                return None;
            }
            Came::ToItsEnd(Ok(Err(StoreError::LeaseLost))) => {
                tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "lease lost, run {}", key.run_id);
                return None;
            }
            // Whoever stood in the way is perhaps still there: it comes back after a pause, as often as its type may.
            Came::ToItsEnd(Ok(Err(error))) if error.is_contention() && may_try_again(running) => {
                tracing::warn!(run.id = %key.run_id, error = ?error, "the database broke off, run {}", key.run_id);
                failed(inside(
                    "database_busy",
                    "The database took too long to answer, because others stood in the way.",
                ))
            }
            // The run did nothing wrong: it is tried again, and decided about again, once the database is back.
            Came::ToItsEnd(Ok(Err(error))) if error.may_pass() => {
                tracing::warn!(run.id = %key.run_id, error = %error.with_causes(), "the database went away, run {}", key.run_id);
                self.held.leave_to_its_end(key);
                Box::pin(hand_back(&self.store, running)).await;
                return None;
            }
            Came::ToItsEnd(Ok(Err(error))) => {
                tracing::error!(run.id = %key.run_id, error = %error.with_causes(), "run {} failed inside", key.run_id);
                failed(inside(
                    "internal_error",
                    "Something went wrong on our side. The log has the details under this run's id.",
                ))
            }
            Came::ToItsEnd(Err(_)) => {
                tracing::error!(run.id = %key.run_id, "handler panicked, run {}", key.run_id);
                failed(inside(
                    "handler_panicked",
                    "The handler of this operation broke off. Nothing else is affected.",
                ))
            }
            Came::Cancelled => {
                tracing::info!(run.id = %key.run_id, "cancelled, run {}", key.run_id);
                Box::pin(self.wind_down(running)).await?;
                cancelled()
            }
            Came::TooLate => {
                tracing::error!(run.id = %key.run_id, "took too long, run {}", key.run_id);
                failed(inside("timed_out", "The run took longer than a run may."))
            }
        };
        Some(end)
    }

    /// Has what a cancelled run has asked for ended with it; nothing, when the run is not ours any more.
    async fn wind_down(&self, running: &Running) -> Option<()> {
        if running.operation().spec().children.is_none() {
            return Some(());
        }
        let key = running.key();
        loop {
            match bulk::abort(&self.store, running).await {
                Ok(()) => return Some(()),
                Err(error) if error.may_pass() => sleep(AGAIN).await,
                Err(error) => {
                    tracing::warn!(run.id = %key.run_id, error = %error.with_causes(), "not wound down, run {}", key.run_id);
                    return None;
                }
            }
        }
    }

    async fn handle(&mut self, running: &Arc<Running>) -> Came {
        let (store, provider) = (self.store.clone(), self.provider.clone());
        let inner = Arc::clone(running);
        let mut handler = tokio::spawn(async move { work(&store, &provider, &inner).await });
        let _stop = AbortOnDrop(handler.abort_handle());
        let effect = running.operation().spec().effect;
        tokio::select! {
            // What has come to its end is not cancelled any more.
            biased;
            ended = &mut handler => Came::ToItsEnd(ended),
            () = may_stop_anywhere(&mut self.cancel, effect) => {
                handler.abort();
                match timeout(LETTING_GO, &mut handler).await {
                    Ok(Ok(ended)) => Came::ToItsEnd(Ok(ended)),
                    _ => Came::Cancelled,
                }
            }
            () = passed(self.longest) => {
                handler.abort();
                Came::TooLate
            }
        }
    }
}

/// Whether a run that failed in a way that passes comes back by itself; another is handed back, so that the attempt
/// that takes over looks at what was written or asked for.
fn may_try_again(running: &Running) -> bool {
    let spec = running.operation().spec();
    spec.effect == ProviderEffect::Reads && spec.retry.tries > 1
}

/// Waits until the time that an attempt may take has passed.
async fn passed(longest: Option<Duration>) {
    match longest {
        Some(longest) => sleep(longest).await,
        None => std::future::pending().await,
    }
}

/// Waits until work that only reads is to be stopped; what writes is told where it may stop, and not here.
async fn may_stop_anywhere(cancel: &mut CancelToken, effect: ProviderEffect) {
    match effect {
        ProviderEffect::Reads => cancel.asked().await,
        ProviderEffect::Writes => std::future::pending().await,
    }
}

/// An end that keeps what the run has done and counted.
fn cancelled() -> RunEnd {
    RunEnd {
        outcome: WorkedOutcome::Cancelled,
        counts: SummaryCounts::default(),
        failures: Vec::new(),
    }
}

/// Puts a run back into the queue; an outage of the database is waited out for as long as the lease is ours.
async fn hand_back(store: &Store, running: &Running) {
    let key = running.key();
    loop {
        match store.run_hand_back(running, GivenBack::BrokenOff).await {
            Ok(()) => {
                tracing::info!(run.id = %key.run_id, "handed back, run {}", key.run_id);
                return;
            }
            Err(error) if error.may_pass() => sleep(AGAIN).await,
            Err(error) => {
                tracing::warn!(run.id = %key.run_id, error = %error.with_causes(), "not handed back, run {}", key.run_id);
                return;
            }
        }
    }
}

/// Ends the run; an end that the database does not take becomes a plain failure.
async fn finish(finisher: &Finisher, running: &Arc<Running>, end: RunEnd, again: Option<Again>) {
    let key = running.key();
    let Err(error) = end_run(finisher, running, end, again).await else {
        return;
    };
    tracing::error!(run.id = %key.run_id, error = %error.with_causes(), "the end of run {} was not taken", key.run_id);
    let end = failed(inside(
        "internal_error",
        "The result could not be written down. The log has the details under this run's id.",
    ));
    if let Err(error) = end_run(finisher, running, end, None).await {
        tracing::error!(run.id = %key.run_id, error = %error.with_causes(), "run {} is left to its lease", key.run_id);
    }
}

/// Has an end written; an outage of the database is waited out for as long as the lease is ours.
async fn end_run(
    finisher: &Finisher,
    running: &Arc<Running>,
    end: RunEnd,
    again: Option<Again>,
) -> Result<(), StoreError> {
    let key = running.key();
    let end = Arc::new(end);
    loop {
        match finisher.write(running, &end, again).await {
            Written::Ended => {
                tracing::info!(run.id = %key.run_id, outcome = ?end.outcome, "run {} ended", key.run_id);
                return Ok(());
            }
            Written::Again => {
                tracing::info!(run.id = %key.run_id, attempt = key.attempt, "tried again, run {}", key.run_id);
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
        stated_wait: None,
    }
}

/// Stops the handler when the job itself is stopped.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
