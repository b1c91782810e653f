//! The one door through which runs start.

use std::{collections::HashSet, future::Future};

use crate::{
    decide::decide,
    facts::Facts,
    permit::{Permit, Refusal, Ruling, RunKey, Running},
};

/// A transaction that can start runs; only the store implements it.
///
/// Nothing it did counts until `commit` returned, and `start` makes no [`Running`] before.
pub trait StartLedger: Send {
    /// What can go wrong.
    type Error: Send;

    /// Records every decision, allowing or not.
    fn record(
        &mut self,
        permits: &[Permit],
        refusals: &[Refusal],
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Turns permitted runs `running`; answers those that did turn, the others were lost claims.
    fn set_running(
        &mut self,
        permits: &[Permit],
    ) -> impl Future<Output = Result<Vec<RunKey>, Self::Error>> + Send;

    /// Ends refused runs as `blocked`, with audit and notification; answers those that did end.
    fn set_refused(
        &mut self,
        refusals: &[Refusal],
    ) -> impl Future<Output = Result<Vec<RunKey>, Self::Error>> + Send;

    /// Commits; returns only when the commit is known to be durable.
    fn commit(self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Started {
    /// Runs that may be worked on.
    pub running: Vec<Running>,
    /// Runs that were refused and are over.
    pub refused: Vec<Ended>,
}

/// A run that was refused and is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Which attempt of it.
    pub key: RunKey,
}

/// Decides about a claimed batch and starts what is allowed, in the claim's own transaction.
///
/// # Errors
/// Whatever the ledger answers; then nothing was started and there is no [`Running`].
pub async fn start<L: StartLedger>(mut ledger: L, batch: &[Facts]) -> Result<Started, L::Error> {
    let (mut permits, mut refusals) = (Vec::new(), Vec::new());
    for facts in batch {
        match decide(facts) {
            Ruling::Allowed(permit) => permits.push(permit),
            Ruling::Refused(refusal) => refusals.push(refusal),
        }
    }
    ledger.record(&permits, &refusals).await?;
    let mut turned: HashSet<RunKey> = ledger.set_running(&permits).await?.into_iter().collect();
    let ended = ledger.set_refused(&refusals).await?;
    ledger.commit().await?;
    let running = permits
        .into_iter()
        // Taken out, so that one attempt never becomes two proofs, whatever the batch held.
        .filter(|permit| turned.remove(&permit.key()))
        .map(Permit::into_running)
        .collect();
    Ok(Started {
        running,
        refused: ended.into_iter().map(|key| Ended { key }).collect(),
    })
}
