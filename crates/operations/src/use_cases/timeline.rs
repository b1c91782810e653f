//! What happened to a run, in order, and when it is tried again.

use domain::{
    badge::run_badge,
    decision::LegitimacyDecision,
    run::{DecisionPhase, RunOutcome, RunStatus},
    time::Timestamp,
    views::{NextTry, TimelineEntry},
};
use serde::Deserialize;
use store::{AttemptRow, RunRow, StepRow};

/// What a `run.retry_scheduled` entry of the audit log says.
#[derive(Debug, Deserialize)]
struct Retry {
    failed_attempt: i64,
    reason_code: String,
    message: String,
    available_at: Timestamp,
    r#try: i64,
    of: i64,
}

impl Retry {
    fn of(step: &StepRow) -> Option<Self> {
        let is_one = step.action == "run.retry_scheduled";
        is_one
            .then(|| serde_json::from_str(&step.detail).ok())
            .flatten()
    }
}

/// When and why a waiting run is tried again; none unless its last attempt failed in a way that may pass.
pub(crate) fn next_try(row: &RunRow, steps: &[StepRow]) -> Option<NextTry> {
    if row.state.status != RunStatus::Queued {
        return None;
    }
    let retry = steps.iter().rev().find_map(Retry::of)?;
    (retry.failed_attempt + 1 == row.attempt).then_some(NextTry {
        at: retry.available_at,
        number: retry.r#try,
        of: retry.of,
        why: retry.message,
        reason_code: retry.reason_code,
    })
}

/// What happened, in order, each with the time since the step before.
pub(crate) fn timeline(
    row: &RunRow,
    decisions: &[LegitimacyDecision],
    attempts: &[AttemptRow],
    steps: &[StepRow],
) -> Vec<TimelineEntry> {
    let mut told = vec![(row.queued_at, "Requested".to_owned())];
    for decision in decisions {
        let verdict = if decision.allowed {
            "allowed"
        } else {
            "refused"
        };
        let label = match (decision.phase, decision.attempt) {
            (DecisionPhase::Checkpoint, _) => {
                format!("Authorisation decided again while it was running: {verdict}")
            }
            (_, 1) => format!("Authorisation decided: {verdict}"),
            (_, n) => format!("Authorisation decided again for attempt {n}: {verdict}"),
        };
        told.push((decision.decided_at, label));
    }
    for attempt in attempts {
        let label = match attempt.attempt {
            1 => "Started".to_owned(),
            n => format!("Attempt {n} started"),
        };
        told.push((attempt.started_at, label));
        told.extend(ending(attempt, steps));
    }
    for step in steps
        .iter()
        .filter(|step| step.action == "run.cancel_requested")
    {
        told.push((step.at, format!("{} asked for its end", step.actor_name)));
    }
    if let Some(at) = row.reconciled_at {
        told.push((at, "Reconciled: nobody was left to end it".to_owned()));
    }
    if let (RunStatus::Completed, Some(at)) = (row.state.status, row.completed_at) {
        let by = steps
            .iter()
            .find(|step| step.action == "run.cancel_requested")
            .filter(|_| row.state.outcome == RunOutcome::Cancelled);
        let label = run_badge(row.state).label;
        told.push((
            at,
            by.map_or(label.clone(), |step| {
                format!("{label} by {}", step.actor_name)
            }),
        ));
    }
    // Stable: steps of one moment stay in the order in which they must have happened.
    told.sort_by_key(|(at, _)| *at);
    with_gaps(told)
}

/// How an attempt ended that was not the end of its run.
fn ending(attempt: &AttemptRow, steps: &[StepRow]) -> Option<(Timestamp, String)> {
    let (at, n) = (attempt.ended_at?, attempt.attempt);
    let label = match attempt.ended_by.as_deref()? {
        "lease_expired" => format!("Worker of attempt {n} fell silent"),
        "handed_back" => format!("Worker of attempt {n} gave it back"),
        "broken_off" => format!("The database broke off under attempt {n}"),
        "retried" => steps
            .iter()
            .filter_map(Retry::of)
            .find(|retry| retry.failed_attempt == n)
            .map_or_else(
                || format!("Attempt {n} failed"),
                |retry| format!("Attempt {n} failed: {}", retry.message),
            ),
        _ => return None,
    };
    Some((at, label))
}

fn with_gaps(told: Vec<(Timestamp, String)>) -> Vec<TimelineEntry> {
    let mut before: Option<Timestamp> = None;
    told.into_iter()
        .map(|(at, label)| {
            let after = before.map(|before| at.since(before));
            before = Some(at);
            TimelineEntry { label, at, after }
        })
        .collect()
}
