//! `lab.write`: changes descriptions of device configurations one after the other, for trials of faults.

use domain::{
    intent::IntentState,
    summary::{CountKey, SummaryCounts},
};
use graph::{Contract, GraphError, contract};
use serde_json::{Map, Value};
use store::{Failure, ItemOutcome, LabWrite, RunEnd, WorkedOutcome};

use super::{
    Halt, WorkContext,
    change::{Change, Made},
    provider::{failure_of, reason_of},
};

/// An object that is changed.
struct Target {
    id: String,
    name: String,
}

/// Does every item in its turn; one that fails does not keep the others from being tried.
pub(crate) async fn run(context: &mut WorkContext<'_>) -> Result<RunEnd, Halt> {
    let input = context.store.lab_write_of(context.running).await?;
    // What is left of an earlier attempt first: nothing is sent before it is known what was.
    let earlier = context.settle_earlier().await?;
    let Some(contract) = contract("device_configurations") else {
        let error = GraphError::Misconfigured {
            what: "no contract for this type",
        };
        return Ok(super::failed(failure_of("lab.write", &error)));
    };
    let targets = match targets(context, contract).await? {
        Ok(targets) => targets,
        Err(error) => return Ok(super::failed(failure_of("lab.write", &error))),
    };
    let mut tally = Tally::new(input.items);
    for item in 0..input.items {
        let Some(target) = target_of(&targets, item) else {
            break;
        };
        let op_key = format!("item {item:05}");
        let known = earlier.iter().find(|intent| intent.op_key == op_key);
        let made = match known.map(|intent| intent.state) {
            Some(IntentState::Done | IntentState::Resolved) => Made::Done,
            Some(_) => Made::Unknown("attempt_interrupted"),
            None => {
                let fields = fields(context, input, item);
                let change = Change {
                    op_key: &op_key,
                    contract,
                    target: &target.id,
                    label: &target.name,
                    fields: &fields,
                };
                context.change(&change).await?
            }
        };
        tally.count(&made);
        let item = ItemOutcome {
            position: item.into(),
            key: &op_key,
            label: &target.name,
            outcome: outcome(&made),
            reason_code: reason(&made),
            message: message(&made),
            objects: None,
        };
        context
            .store
            .run_progress(context.running, &item, &tally.counts)
            .await?;
    }
    Ok(tally.end())
}

/// Every device configuration, in the provider's order.
async fn targets(
    context: &mut WorkContext<'_>,
    contract: &'static Contract,
) -> Result<Result<Vec<Target>, GraphError>, Halt> {
    let (mut targets, mut cursor) = (Vec::new(), None);
    loop {
        let step = context.checkpoint().await?;
        let page = match context.session.page(step, contract, cursor).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        targets.extend(page.items.iter().filter_map(|item| {
            let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            let id = text("id")?;
            let name = text(contract.name_field).unwrap_or_else(|| id.clone());
            Some(Target { id, name })
        }));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(Ok(targets));
        }
    }
}

fn target_of(targets: &[Target], item: u32) -> Option<&Target> {
    let at = usize::try_from(item).ok()?.checked_rem(targets.len())?;
    targets.get(at)
}

/// Told apart by run, seed and item, so that the provider's journal names each effect.
fn fields(context: &WorkContext<'_>, input: LabWrite, item: u32) -> Map<String, Value> {
    let run = context.running.key().run_id;
    let text = format!("Item {item} of run {run}, seed {}", input.seed);
    Map::from_iter([("description".to_owned(), Value::String(text))])
}

const fn outcome(made: &Made) -> &'static str {
    match made {
        Made::Done => "succeeded",
        Made::NotDone(_) => "failed",
        Made::Unknown(_) => "indeterminate",
    }
}

fn reason(made: &Made) -> Option<String> {
    match made {
        Made::Done => None,
        Made::NotDone(error) => Some(reason_of(error).to_owned()),
        Made::Unknown(reason) => Some((*reason).to_owned()),
    }
}

fn message(made: &Made) -> Option<String> {
    match made {
        Made::Done => None,
        Made::NotDone(error) => Some(error.safe_message()),
        Made::Unknown(_) => Some("Nobody knows whether this was changed.".to_owned()),
    }
}

/// The run's counts and failures so far.
struct Tally {
    counts: SummaryCounts,
    failures: Vec<Failure>,
    outcome: WorkedOutcome,
}

impl Tally {
    fn new(items: u32) -> Self {
        let mut counts = SummaryCounts::default();
        counts.set(CountKey::Total, items.into());
        for key in [CountKey::Processed, CountKey::Succeeded, CountKey::Failed] {
            counts.set(key, 0);
        }
        Self {
            counts,
            failures: Vec::new(),
            outcome: WorkedOutcome::Succeeded,
        }
    }

    fn count(&mut self, made: &Made) {
        self.counts.add(CountKey::Processed, 1);
        match made {
            Made::Done => self.counts.add(CountKey::Succeeded, 1),
            Made::NotDone(error) => {
                self.counts.add(CountKey::Failed, 1);
                // One of a kind says it; the items tell of each.
                if self.failures.is_empty() {
                    self.failures.push(failure_of("lab.write", error));
                }
            }
            Made::Unknown(_) => self.outcome = WorkedOutcome::Indeterminate,
        }
    }

    /// Partial is never shown as success (B-05), and what nobody knows as neither.
    fn end(self) -> RunEnd {
        let succeeded = self.counts.get(CountKey::Succeeded).unwrap_or(0);
        let outcome = match self.outcome {
            WorkedOutcome::Indeterminate => WorkedOutcome::Indeterminate,
            _ if self.failures.is_empty() => WorkedOutcome::Succeeded,
            _ if succeeded > 0 => WorkedOutcome::PartiallySucceeded,
            _ => WorkedOutcome::Failed,
        };
        RunEnd {
            outcome,
            counts: self.counts,
            failures: self.failures,
        }
    }
}
