//! Changes that somebody in the tenant must approve first (Multi Admin Approval).
//!
//! Such a change has not happened: its intent is closed, and its item waits. The run looks for a while whether
//! it was approved; what waits longer stays as it is, and is said.

use std::time::{Duration, Instant};

use graph::{ApprovalCode, ApprovalRequest, ApprovalStatus};
use tokio::time::sleep;

use super::{Halt, WorkContext};

/// The outcome of an item that waits, and its reason.
pub(crate) const AWAITING_APPROVAL: &str = "awaiting_provider_approval";
/// The reason of an item whose change was not approved.
pub(crate) const APPROVAL_REFUSED: &str = "provider_approval_refused";
/// How long a run waits between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// A change that waits to be approved.
pub(super) struct Waiting {
    /// What names its effect within the run.
    pub(super) op_key: String,
    /// What it is to be sent again with; none where an earlier request for the same is still open.
    pub(super) code: Option<ApprovalCode>,
}

/// What became of a request for approval.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The change may be sent again, with this.
    Approved(ApprovalCode),
    /// It may not.
    Refused,
    /// Nobody has decided yet.
    Open,
}

impl WorkContext<'_> {
    /// The words that an approver reads, and by which a request is known again.
    pub(super) fn justification(&self, op_key: &str) -> String {
        let run = self.running.key().run_id;
        format!("TenantAtlas run {run}, {op_key}")
    }

    /// Looks until everything is decided or the run has waited long enough; the gate is asked before each look.
    pub(super) async fn verdicts(&mut self, waiting: &[Waiting]) -> Result<Vec<Verdict>, Halt> {
        let until = Instant::now() + self.session.approval_wait();
        loop {
            let step = self.checkpoint().await?;
            let verdicts: Vec<_> = match self.session.approval_requests(step).await {
                Ok(requests) => waiting
                    .iter()
                    .map(|change| {
                        let words = self.justification(&change.op_key);
                        verdict(change.code.as_ref(), &words, &requests)
                    })
                    .collect(),
                Err(error) => {
                    tracing::warn!(%error, "requests for approval could not be read");
                    waiting.iter().map(|_| Verdict::Open).collect()
                }
            };
            let is_decided = !verdicts.contains(&Verdict::Open);
            if is_decided || Instant::now() + LOOK > until {
                return Ok(verdicts);
            }
            sleep(LOOK).await;
        }
    }
}

/// By its code where there is one, else by its words; the newest word that decides counts.
fn verdict(code: Option<&ApprovalCode>, words: &str, requests: &[ApprovalRequest]) -> Verdict {
    let is_ours = |request: &&ApprovalRequest| match code {
        Some(code) => request.code == *code,
        None => request.justification == words,
    };
    let mut verdict = Verdict::Open;
    for request in requests.iter().filter(is_ours) {
        match request.status {
            ApprovalStatus::Approved => return Verdict::Approved(request.code.clone()),
            ApprovalStatus::Rejected | ApprovalStatus::Over => verdict = Verdict::Refused,
            ApprovalStatus::Waiting | ApprovalStatus::Completed | ApprovalStatus::Unknown => {
                return Verdict::Open;
            }
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(code: &str, status: ApprovalStatus, words: &str) -> ApprovalRequest {
        ApprovalRequest {
            code: ApprovalCode::parse(code).unwrap(),
            status,
            justification: words.to_owned(),
        }
    }

    #[test]
    fn b05_an_approval_is_that_of_the_change_itself() {
        let code = ApprovalCode::parse("c-1").unwrap();
        let others = [request("c-2", ApprovalStatus::Approved, "run 2, item 1")];
        assert_eq!(
            verdict(Some(&code), "run 1, item 1", &others),
            Verdict::Open
        );
        assert_eq!(verdict(None, "run 1, item 1", &others), Verdict::Open);
        assert_eq!(
            verdict(None, "run 2, item 1", &others),
            Verdict::Approved(ApprovalCode::parse("c-2").unwrap())
        );
        for (status, expected) in [
            (ApprovalStatus::Approved, Verdict::Approved(code.clone())),
            (ApprovalStatus::Rejected, Verdict::Refused),
            (ApprovalStatus::Over, Verdict::Refused),
            (ApprovalStatus::Waiting, Verdict::Open),
            (ApprovalStatus::Unknown, Verdict::Open),
        ] {
            let ours = [request("c-1", status, "")];
            assert_eq!(verdict(Some(&code), "run 1, item 1", &ours), expected);
        }
    }
}
