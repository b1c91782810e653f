//! The job families: what a started run really does.

pub(crate) mod bulk;
pub(crate) mod connection_check;
pub(crate) mod inventory_sync;
mod provider;
mod report;

use domain::{operation::OperationType, summary::SummaryCounts};
use policy::Running;
use store::{Failure, RunEnd, Store, StoreError, WorkedOutcome};

pub(crate) use provider::{Provider, ProviderSession};

/// Does the work of a started run and says how it ended.
///
/// # Errors
/// When the database does not answer or the lease is lost: then the run is not this worker's to end.
pub(crate) async fn work(
    store: &Store,
    provider: &Provider,
    running: &Running,
) -> Result<RunEnd, StoreError> {
    // Opens no credential and calls nobody.
    if running.operation() == OperationType::LabNoop {
        return Ok(nothing());
    }
    if running.operation().spec().children.is_some() {
        return bulk::run(store, running).await;
    }
    let session = match provider.session(store, running).await? {
        Ok(session) => session,
        Err(failure) => return Ok(failed(failure)),
    };
    match running.operation() {
        OperationType::ConnectionCheck => connection_check::run(store, &session, running).await,
        OperationType::InventorySync => inventory_sync::run(store, &session, running).await,
        OperationType::BulkConnectionCheck => bulk::run(store, running).await,
        OperationType::LabNoop => Ok(nothing()),
    }
}

/// A run that had nothing to do and did it.
fn nothing() -> RunEnd {
    RunEnd {
        outcome: WorkedOutcome::Succeeded,
        counts: SummaryCounts::default(),
        failures: Vec::new(),
    }
}

/// A run that broke off; what it had counted until then stays.
pub(crate) fn failed(failure: Failure) -> RunEnd {
    RunEnd {
        outcome: WorkedOutcome::Failed,
        counts: SummaryCounts::default(),
        failures: vec![failure],
    }
}
