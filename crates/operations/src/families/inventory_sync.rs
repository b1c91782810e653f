//! `inventory.sync`: reads every kind of object to the last page and stores it per tenant (P-05).
//!
//! One page is held at a time, whatever the size of a collection; of kinds with few objects, the first pages that
//! came in one answer, which together are no larger than the largest page may be.

mod early;

use domain::summary::{CountKey, SummaryCounts};
use graph::{Contract, GraphError, Page};
use policy::Running;
use serde_json::{Map, Value};
use store::{Failure, InventoryObject, ItemOutcome, RunEnd, Store, StoreError, WorkedOutcome};

use self::early::Early;
use super::{
    Halt, WorkContext,
    kinds::{KINDS, Kind},
    provider::{failure_of, reason_of},
};

/// What became of one kind.
enum Read {
    Done { objects: u64 },
    Failed { objects: u64, error: GraphError },
}

/// Reads every kind that no earlier attempt has read; one that fails does not keep the others from being read.
pub(crate) async fn run(context: &mut WorkContext<'_>) -> Result<RunEnd, Halt> {
    let (store, running) = (context.store, context.running);
    let mut tally = Tally::new();
    let mut hopeless: Option<GraphError> = None;
    let done = store.run_items_done(running).await?;
    let is_left = |kind: &Kind| !done.iter().any(|(key, _)| key == kind.key);
    let mut early = Early::default();
    for (position, kind) in (0_i64..).zip(KINDS) {
        let item = Item { position, kind };
        if let Some((_, objects)) = done.iter().find(|(key, _)| key == kind.key) {
            tally.count(CountKey::Succeeded, u64::try_from(*objects).unwrap_or(0));
            continue;
        }
        if let Some(error) = &hopeless {
            tally.skip(store, running, &item, error).await?;
            continue;
        }
        item.write(store, running, &tally.counts, "running", None, 0)
            .await?;
        let rest = KINDS.iter().filter(|kind| is_left(kind));
        let first = early.first(context, kind, rest).await?;
        match read_kind(context, kind, first).await? {
            Read::Done { objects } => tally.done(store, running, &item, objects).await?,
            Read::Failed { error, .. } if kind.may_be_left_out(&error) => {
                tally.skip(store, running, &item, &error).await?;
            }
            Read::Failed { objects, error } => {
                tally.failed(store, running, &item, objects, &error).await?;
                hopeless = is_hopeless(&error).then_some(error);
            }
        }
    }
    Ok(tally.end())
}

/// Whether the other kinds would fail in the same way.
const fn is_hopeless(error: &GraphError) -> bool {
    matches!(
        error,
        GraphError::AuthenticationFailed { .. }
            | GraphError::ConsentMissing { .. }
            | GraphError::TenantUnknown { .. }
            | GraphError::Unreachable { .. }
            | GraphError::Misconfigured { .. }
            | GraphError::NoProvider
    )
}

/// Reads a kind to its end; its first page may have come already.
async fn read_kind(
    context: &mut WorkContext<'_>,
    kind: &Kind,
    mut first: Option<Result<Page, GraphError>>,
) -> Result<Read, Halt> {
    let (store, running) = (context.store, context.running);
    let mut objects = 0;
    let contract = match kind.contract() {
        Ok(contract) => contract,
        Err(error) => return Ok(Read::Failed { objects, error }),
    };
    let mut cursor = None;
    loop {
        let page = match first.take() {
            Some(page) => {
                // A border like any other: what came early is kept on leave that is good now.
                context.checkpoint().await?;
                page
            }
            None => {
                let page =
                    context.read(|session, step| session.page(step, contract, cursor.clone()));
                page.await?
            }
        };
        let page = match page {
            Ok(page) => page,
            Err(error) => return Ok(Read::Failed { objects, error }),
        };
        let read: Vec<_> = page
            .items
            .iter()
            .filter_map(|item| object_of(contract, item))
            .collect();
        if !read.is_empty() {
            store.inventory_store(running, kind.key, &read).await?;
        }
        objects += read.len() as u64;
        cursor = page.next;
        if cursor.is_none() {
            // Only a read to the end may say that something is gone.
            store.inventory_forget(running, kind.key).await?;
            return Ok(Read::Done { objects });
        }
    }
}

fn object_of(contract: &Contract, item: &Map<String, Value>) -> Option<InventoryObject> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let external_id = text("id")?;
    Some(InventoryObject {
        display_name: text(contract.name_field).unwrap_or_else(|| external_id.clone()),
        odata_type: text("@odata.type")
            .map(|full| full.trim_start_matches("#microsoft.graph.").to_owned()),
        external_id,
    })
}

/// One kind in its place among the run's items.
struct Item {
    position: i64,
    kind: &'static Kind,
}

impl Item {
    async fn write(
        &self,
        store: &Store,
        running: &Running,
        counts: &SummaryCounts,
        outcome: &str,
        error: Option<&GraphError>,
        objects: u64,
    ) -> Result<(), StoreError> {
        let item = ItemOutcome {
            position: self.position,
            key: self.kind.key,
            label: self.kind.label,
            outcome,
            reason_code: error.map(|error| reason_of(error).to_owned()),
            message: error.map(GraphError::safe_message),
            objects: Some(i64::try_from(objects).unwrap_or(i64::MAX)),
        };
        store.run_progress(running, &item, counts).await
    }
}

/// The run's counts and failures so far.
struct Tally {
    counts: SummaryCounts,
    failures: Vec<Failure>,
}

impl Tally {
    fn new() -> Self {
        let mut counts = SummaryCounts::default();
        counts.set(CountKey::Total, KINDS.len() as u64);
        for key in [
            CountKey::Processed,
            CountKey::Succeeded,
            CountKey::Failed,
            CountKey::Objects,
        ] {
            counts.set(key, 0);
        }
        Self {
            counts,
            failures: Vec::new(),
        }
    }

    async fn done(
        &mut self,
        store: &Store,
        running: &Running,
        item: &Item,
        objects: u64,
    ) -> Result<(), StoreError> {
        self.count(CountKey::Succeeded, objects);
        item.write(store, running, &self.counts, "succeeded", None, objects)
            .await
    }

    async fn failed(
        &mut self,
        store: &Store,
        running: &Running,
        item: &Item,
        objects: u64,
        error: &GraphError,
    ) -> Result<(), StoreError> {
        self.count(CountKey::Failed, objects);
        self.failures
            .push(failure_of(&format!("inventory.{}", item.kind.key), error));
        item.write(store, running, &self.counts, "failed", Some(error), objects)
            .await
    }

    async fn skip(
        &mut self,
        store: &Store,
        running: &Running,
        item: &Item,
        error: &GraphError,
    ) -> Result<(), StoreError> {
        self.count(CountKey::Skipped, 0);
        item.write(store, running, &self.counts, "skipped", Some(error), 0)
            .await
    }

    fn count(&mut self, key: CountKey, objects: u64) {
        self.counts.add(CountKey::Processed, 1);
        self.counts.add(key, 1);
        self.counts.add(CountKey::Objects, objects);
    }

    /// Partial is never shown as success (B-05).
    fn end(self) -> RunEnd {
        let succeeded = self.counts.get(CountKey::Succeeded).unwrap_or(0);
        let outcome = if self.failures.is_empty() {
            WorkedOutcome::Succeeded
        } else if succeeded > 0 {
            WorkedOutcome::PartiallySucceeded
        } else {
            WorkedOutcome::Failed
        };
        RunEnd {
            outcome,
            counts: self.counts,
            failures: self.failures,
        }
    }
}
