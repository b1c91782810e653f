//! The job families: what a started run really does.

mod approvals;
pub(crate) mod bulk;
mod change;
mod compare;
pub(crate) mod connection_check;
mod context;
pub(crate) mod inventory_sync;
pub(crate) mod kinds;
mod lab_write;
mod look;
mod mistakes;
pub(crate) mod permissions;
mod provider;
mod report;

use domain::{operation::OperationType, summary::SummaryCounts};
use policy::Running;
use store::{Failure, RunEnd, Store, StoreError, WorkedOutcome};

pub(crate) use context::{Halt, WorkContext};
pub(crate) use provider::{Provider, ProviderSession, Providers};

/// What is left to do about a run when its handler is through.
#[derive(Debug)]
pub(crate) enum Worked {
    /// Its end is to be written down.
    Ended(RunEnd),
    /// Nothing: the gate refused at a checkpoint, and has ended it.
    Over,
}

/// Does the work of a started run and says how it ended.
///
/// # Errors
/// When the database does not answer or the lease is lost: then the run is not this worker's to end.
pub(crate) async fn work(
    store: &Store,
    provider: &Provider,
    running: &Running,
) -> Result<Worked, StoreError> {
    // Opens no credential and calls nobody.
    if running.operation() == OperationType::LabNoop {
        return Ok(Worked::Ended(empty(WorkedOutcome::Succeeded)));
    }
    // In boxes of their own: what a run needs most of is not kept ready for each that needs little.
    if running.operation().spec().children.is_some() {
        return Box::pin(bulk::run(store, running)).await;
    }
    Box::pin(work_at_provider(store, provider, running)).await
}

/// The work of a run that calls the provider.
async fn work_at_provider(
    store: &Store,
    provider: &Provider,
    running: &Running,
) -> Result<Worked, StoreError> {
    let session = match provider.session(store, running).await? {
        Ok(session) => session,
        Err(failure) => return Ok(Worked::Ended(failed(failure))),
    };
    let mut context = WorkContext::new(store, &session, running);
    let done = match running.operation() {
        OperationType::ConnectionCheck => connection_check::run(&mut context).await,
        OperationType::InventorySync => inventory_sync::run(&mut context).await,
        // Were it not so, the run would end as one whose handler broke, and not as done.
        OperationType::BulkConnectionCheck | OperationType::LabNoop => {
            unreachable!("both are through before a credential is opened")
        }
        OperationType::LabWrite => lab_write::run(&mut context).await,
    };
    match done {
        Ok(end) => Ok(Worked::Ended(end)),
        Err(Halt::Refused) => Ok(Worked::Over),
        Err(Halt::Cancelled) => Ok(Worked::Ended(empty(WorkedOutcome::Cancelled))),
        Err(Halt::Store(error)) => Err(error),
    }
}

/// An end without words of its own; what the run had counted until then stays.
fn empty(outcome: WorkedOutcome) -> RunEnd {
    RunEnd {
        outcome,
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
