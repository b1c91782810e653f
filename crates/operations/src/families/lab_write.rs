//! `lab.write`: changes objects of a type one after the other, for trials of faults.

mod plan;
mod tally;

use domain::intent::IntentState;
use graph::{ApprovalCode, ApprovalRequest, contract};
use store::{ItemOutcome, LabWrite, RunEnd};

use super::{
    Halt, WorkContext,
    approvals::{Earlier, Verdict, Waiting, asked_before, justification},
    change::{Change, Made},
    provider::failure_of,
};
use plan::{Plan, op_key};
use tally::Tally;

/// Does every item in its turn; one that fails does not keep the others from being tried.
pub(crate) async fn run(context: &mut WorkContext<'_>) -> Result<RunEnd, Halt> {
    let input = context.store.lab_write_of(context.running).await?;
    // What is left of an earlier attempt first: nothing is sent before it is known what was.
    let earlier = context.settle_earlier().await?;
    let Some(contract) = contract(plan::kind(input.effect)) else {
        let error = graph::GraphError::Misconfigured {
            what: "no contract for this type",
        };
        return Ok(super::failed(failure_of("lab.write", &error)));
    };
    let requests = match requests(context, input).await? {
        Ok(requests) => requests,
        Err(error) => return Ok(super::failed(failure_of("lab.write", &error))),
    };
    let plan = match Plan::of(context, input, contract).await? {
        Ok(plan) => plan,
        Err(error) => return Ok(super::failed(failure_of("lab.write", &error))),
    };
    let mut tally = Tally::new(input.items);
    let mut waiting = Vec::new();
    for item in 0..input.items {
        let key = op_key(item);
        let words = justification(plan.origin, &key);
        let known = earlier.iter().find(|intent| intent.op_key == key);
        let made = match known.map(|intent| intent.state) {
            Some(IntentState::Done | IntentState::Resolved) => Made::Done,
            Some(_) => Made::Unknown("attempt_interrupted"),
            None => match asked_before(&words, &requests) {
                Some(Earlier::Approved(code)) => {
                    make(context, &plan, item, &words, Some(&code)).await?
                }
                Some(Earlier::Refused) => Made::Refused,
                Some(Earlier::Open(code)) => Made::AwaitsApproval(Some(code)),
                None if input.resumes.is_some() => Made::LeftAlone,
                None => make(context, &plan, item, &words, None).await?,
            },
        };
        if let Made::AwaitsApproval(code) = &made {
            let code = code.clone();
            waiting.push((item, Waiting { words, code }));
        }
        tally.count(&made);
        write_item(context, &tally, &plan, item, &made).await?;
    }
    if !waiting.is_empty() {
        resubmit(context, &plan, waiting, &mut tally).await?;
    }
    Ok(tally.end())
}

/// What was asked of the tenant before this attempt, by an earlier one or by the run that this one goes on with.
async fn requests(
    context: &mut WorkContext<'_>,
    input: LabWrite,
) -> Result<Result<Vec<ApprovalRequest>, graph::GraphError>, Halt> {
    if input.resumes.is_none() && context.running.key().attempt == 1 {
        return Ok(Ok(Vec::new()));
    }
    match context.approval_requests().await? {
        // An earlier attempt may have asked for nothing, so this is no reason to stop.
        Err(error) if input.resumes.is_none() => {
            tracing::warn!(%error, "requests for approval could not be read");
            Ok(Ok(Vec::new()))
        }
        read => Ok(read),
    }
}

/// Sends one change.
async fn make(
    context: &mut WorkContext<'_>,
    plan: &Plan,
    item: u32,
    words: &str,
    approved: Option<&ApprovalCode>,
) -> Result<Made, Halt> {
    let Some(target) = plan.target(item) else {
        return Ok(Made::LeftAlone);
    };
    let what = plan.what(item);
    let change = Change {
        op_key: &op_key(item),
        contract: plan.contract,
        label: &target.name,
        aim: what.aim(&target.id),
        justification: words,
        approved,
    };
    context.change(&change).await
}

/// Sends again what was approved meanwhile, and says of the rest how it stands.
async fn resubmit(
    context: &mut WorkContext<'_>,
    plan: &Plan,
    waiting: Vec<(u32, Waiting)>,
    tally: &mut Tally,
) -> Result<(), Halt> {
    let (items, asked): (Vec<u32>, Vec<Waiting>) = waiting.into_iter().unzip();
    let verdicts = context.verdicts(&asked).await?;
    for ((item, asked), verdict) in items.into_iter().zip(&asked).zip(verdicts) {
        let made = match verdict {
            Verdict::Open => continue,
            Verdict::Refused => Made::Refused,
            Verdict::Approved(code) => make(context, plan, item, &asked.words, Some(&code)).await?,
        };
        tally.recount(&made);
        write_item(context, tally, plan, item, &made).await?;
    }
    Ok(())
}

async fn write_item(
    context: &WorkContext<'_>,
    tally: &Tally,
    plan: &Plan,
    item: u32,
    made: &Made,
) -> Result<(), Halt> {
    let Some(target) = plan.target(item) else {
        return Ok(());
    };
    let item = ItemOutcome {
        position: item.into(),
        key: &op_key(item),
        label: &target.name,
        outcome: tally::outcome(made),
        reason_code: tally::reason(made),
        message: tally::message(made),
        objects: None,
    };
    let written = context
        .store
        .run_progress(context.running, &item, &tally.counts);
    Ok(written.await?)
}
