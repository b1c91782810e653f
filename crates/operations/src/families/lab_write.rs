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
    approvals::{APPROVAL_REFUSED, AWAITING_APPROVAL, Verdict, Waiting},
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
    let mut waiting = Vec::new();
    for item in 0..input.items {
        let Some(target) = target_of(&targets, item) else {
            break;
        };
        let op_key = op_key(item);
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
                    approved: None,
                };
                context.change(&change).await?
            }
        };
        if let Made::AwaitsApproval(code) = &made {
            waiting.push((
                item,
                Waiting {
                    op_key: op_key.clone(),
                    code: code.clone(),
                },
            ));
        }
        tally.count(&made);
        write_item(context, &tally, item, target, &made).await?;
    }
    if !waiting.is_empty() {
        resubmit(context, input, contract, &targets, waiting, &mut tally).await?;
    }
    Ok(tally.end())
}

/// Sends again what was approved meanwhile, and says of the rest how it stands.
async fn resubmit(
    context: &mut WorkContext<'_>,
    input: LabWrite,
    contract: &'static Contract,
    targets: &[Target],
    waiting: Vec<(u32, Waiting)>,
    tally: &mut Tally,
) -> Result<(), Halt> {
    let (items, asked): (Vec<u32>, Vec<Waiting>) = waiting.into_iter().unzip();
    let verdicts = context.verdicts(&asked).await?;
    for (item, verdict) in items.into_iter().zip(verdicts) {
        let Some(target) = target_of(targets, item) else {
            break;
        };
        let made = match verdict {
            Verdict::Open => continue,
            Verdict::Refused => Made::Refused,
            Verdict::Approved(code) => {
                let fields = fields(context, input, item);
                let change = Change {
                    op_key: &op_key(item),
                    contract,
                    target: &target.id,
                    label: &target.name,
                    fields: &fields,
                    approved: Some(&code),
                };
                context.change(&change).await?
            }
        };
        tally.recount(&made);
        write_item(context, tally, item, target, &made).await?;
    }
    Ok(())
}

async fn write_item(
    context: &WorkContext<'_>,
    tally: &Tally,
    item: u32,
    target: &Target,
    made: &Made,
) -> Result<(), Halt> {
    let item = ItemOutcome {
        position: item.into(),
        key: &op_key(item),
        label: &target.name,
        outcome: outcome(made),
        reason_code: reason(made),
        message: message(made),
        objects: None,
    };
    let written = context
        .store
        .run_progress(context.running, &item, &tally.counts);
    Ok(written.await?)
}

fn op_key(item: u32) -> String {
    format!("item {item:05}")
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
        Made::NotDone(_) | Made::Refused => "failed",
        Made::AwaitsApproval(_) => AWAITING_APPROVAL,
        Made::Unknown(_) => "indeterminate",
    }
}

fn reason(made: &Made) -> Option<String> {
    match made {
        Made::Done => None,
        Made::NotDone(error) => Some(reason_of(error).to_owned()),
        Made::Refused => Some(APPROVAL_REFUSED.to_owned()),
        Made::AwaitsApproval(_) => Some(AWAITING_APPROVAL.to_owned()),
        Made::Unknown(reason) => Some((*reason).to_owned()),
    }
}

fn message(made: &Made) -> Option<String> {
    match made {
        Made::Done => None,
        Made::NotDone(error) => Some(error.safe_message()),
        Made::Refused => Some("The tenant did not approve this.".to_owned()),
        Made::AwaitsApproval(_) => {
            Some("An administrator of the tenant has to approve this.".to_owned())
        }
        Made::Unknown(_) => Some("Nobody knows whether this was changed.".to_owned()),
    }
}

/// The run's counts and failures so far.
struct Tally {
    counts: SummaryCounts,
    failures: Vec<Failure>,
    outcome: WorkedOutcome,
    /// How many wait to be approved.
    waiting: u64,
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
            waiting: 0,
        }
    }

    fn count(&mut self, made: &Made) {
        self.counts.add(CountKey::Processed, 1);
        self.tell(made);
    }

    /// Counts what had been counted as waiting.
    fn recount(&mut self, made: &Made) {
        self.waiting = self.waiting.saturating_sub(1);
        self.tell(made);
    }

    fn tell(&mut self, made: &Made) {
        match made {
            Made::Done => self.counts.add(CountKey::Succeeded, 1),
            Made::NotDone(error) => {
                self.counts.add(CountKey::Failed, 1);
                // One of a kind says it; the items tell of each.
                if self.failures.is_empty() {
                    self.failures.push(failure_of("lab.write", error));
                }
            }
            Made::Refused => {
                self.counts.add(CountKey::Failed, 1);
                let message = "The tenant did not approve every change.";
                let known = |failure: &Failure| failure.reason_code == APPROVAL_REFUSED;
                if !self.failures.iter().any(known) {
                    self.failures.push(said(APPROVAL_REFUSED, message));
                }
            }
            Made::AwaitsApproval(_) => self.waiting += 1,
            Made::Unknown(_) => self.outcome = WorkedOutcome::Indeterminate,
        }
    }

    /// Partial is never shown as success (B-05), and what nobody knows as neither.
    ///
    /// What waits to be approved has not failed: a run in which it does is done in part.
    fn end(mut self) -> RunEnd {
        if self.waiting > 0 {
            let message = "Changes wait for an administrator of the tenant to approve them.";
            self.failures.push(said(AWAITING_APPROVAL, message));
        }
        let succeeded = self.counts.get(CountKey::Succeeded).unwrap_or(0);
        let outcome = match self.outcome {
            WorkedOutcome::Indeterminate => WorkedOutcome::Indeterminate,
            _ if self.failures.is_empty() => WorkedOutcome::Succeeded,
            _ if succeeded > 0 || self.waiting > 0 => WorkedOutcome::PartiallySucceeded,
            _ => WorkedOutcome::Failed,
        };
        RunEnd {
            outcome,
            counts: self.counts,
            failures: self.failures,
        }
    }
}

fn said(reason: &str, message: &str) -> Failure {
    Failure {
        code: "lab.write".to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
        stated_wait: None,
    }
}
