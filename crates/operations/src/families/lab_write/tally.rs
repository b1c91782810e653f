//! How a `lab.write` counts what became of its items, and how it says so.

use domain::summary::{CountKey, SummaryCounts};
use store::{Failure, RunEnd, WorkedOutcome};

use crate::families::{
    approvals::{APPROVAL_REFUSED, AWAITING_APPROVAL},
    change::Made,
    provider::{failure_of, reason_of},
};

/// What a person does about a run that ended while changes of it wait to be approved.
const NEXT_STEP: &str = "Changes wait for another administrator of the tenant. Once they are approved, under Multi \
    Admin Approval in the Intune admin center, resume this run: the same changes are sent with their approval, and \
    nobody is asked again. A request is open for three days.";

pub(super) const fn outcome(made: &Made) -> &'static str {
    match made {
        Made::Done => "succeeded",
        Made::NotDone(_) | Made::Refused => "failed",
        Made::AwaitsApproval(_) => AWAITING_APPROVAL,
        Made::LeftAlone => "skipped",
        Made::Unknown(_) => "indeterminate",
    }
}

pub(super) fn reason(made: &Made) -> Option<String> {
    match made {
        Made::Done | Made::LeftAlone => None,
        Made::NotDone(error) => Some(reason_of(error).to_owned()),
        Made::Refused => Some(APPROVAL_REFUSED.to_owned()),
        Made::AwaitsApproval(_) => Some(AWAITING_APPROVAL.to_owned()),
        Made::Unknown(reason) => Some((*reason).to_owned()),
    }
}

pub(super) fn message(made: &Made) -> Option<String> {
    match made {
        Made::Done => None,
        Made::NotDone(error) => Some(error.safe_message()),
        Made::Refused => Some("The tenant did not approve this, or nobody did in time.".to_owned()),
        Made::AwaitsApproval(None) => {
            Some("An administrator of the tenant has to approve this.".to_owned())
        }
        Made::AwaitsApproval(Some(code)) => Some(format!(
            "An administrator of the tenant has to approve this: request {}.",
            code.as_str()
        )),
        Made::LeftAlone => Some("No request for approval of this waits.".to_owned()),
        Made::Unknown(_) => Some("Nobody knows whether this was changed.".to_owned()),
    }
}

/// The run's counts and failures so far.
pub(super) struct Tally {
    pub(super) counts: SummaryCounts,
    failures: Vec<Failure>,
    outcome: WorkedOutcome,
    /// How many wait to be approved.
    waiting: u64,
}

impl Tally {
    pub(super) fn new(items: u32) -> Self {
        let mut counts = SummaryCounts::default();
        counts.set(CountKey::Total, items.into());
        for key in [
            CountKey::Processed,
            CountKey::Succeeded,
            CountKey::Failed,
            CountKey::Skipped,
        ] {
            counts.set(key, 0);
        }
        Self {
            counts,
            failures: Vec::new(),
            outcome: WorkedOutcome::Succeeded,
            waiting: 0,
        }
    }

    pub(super) fn count(&mut self, made: &Made) {
        self.counts.add(CountKey::Processed, 1);
        self.tell(made);
    }

    /// Counts what had been counted as waiting.
    pub(super) fn recount(&mut self, made: &Made) {
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
            Made::LeftAlone => self.counts.add(CountKey::Skipped, 1),
            Made::Unknown(_) => self.outcome = WorkedOutcome::Indeterminate,
        }
    }

    /// Partial is never shown as success (B-05), and what nobody knows as neither.
    ///
    /// What waits to be approved has not failed: a run in which it does is done in part.
    pub(super) fn end(mut self) -> RunEnd {
        if self.waiting > 0 {
            self.failures.push(said(AWAITING_APPROVAL, NEXT_STEP));
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
