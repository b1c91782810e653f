//! Changes that somebody in the tenant must approve first (Multi Admin Approval).
//!
//! Such a change has not happened: its intent is closed, and its item waits. The run looks for a while whether
//! it was approved; what waits longer stays as it is, and is said. A later attempt, and a run that goes on with
//! this one, know the request again by its words, which name the run and the item: so nobody is asked twice.

use std::time::{Duration, Instant};

use domain::ids::RunId;
use graph::{ApprovalCode, ApprovalRequest, ApprovalStatus, GraphError};
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
    /// The words that were sent with it.
    pub(super) words: String,
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

/// What became of a request that an earlier attempt or run had made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Earlier {
    /// The change may be sent, with this.
    Approved(ApprovalCode),
    /// It may not.
    Refused,
    /// Nobody has decided yet.
    Open(ApprovalCode),
}

impl WorkContext<'_> {
    /// The tenant's requests for approval as they stand.
    pub(super) async fn approval_requests(
        &mut self,
    ) -> Result<Result<Vec<ApprovalRequest>, GraphError>, Halt> {
        self.read(|session, step| session.approval_requests(step))
            .await
    }

    /// Looks until everything is decided or the run has waited long enough; the gate is asked before each look.
    pub(super) async fn verdicts(&mut self, waiting: &[Waiting]) -> Result<Vec<Verdict>, Halt> {
        let until = Instant::now() + self.session.approval_wait();
        loop {
            let verdicts: Vec<_> = match self.approval_requests().await? {
                Ok(requests) => waiting
                    .iter()
                    .map(|change| verdict(change.code.as_ref(), &change.words, &requests))
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

/// The words that an approver reads, and by which a request is known again.
pub(super) fn justification(run: RunId, op_key: &str) -> String {
    format!("TenantAtlas run {run}, {op_key}")
}

/// How a change stands that may have been asked for before; none where no request for it is open or decided.
///
/// One that is completed has done its work: what became of the change is to be read from its object.
pub(super) fn asked_before(words: &str, requests: &[ApprovalRequest]) -> Option<Earlier> {
    let ours: Vec<_> = requests
        .iter()
        .filter(|request| request.justification == words)
        .filter(|request| request.status != ApprovalStatus::Completed)
        .cloned()
        .collect();
    let open = ours.first()?.code.clone();
    Some(match verdict(None, words, &ours) {
        Verdict::Approved(code) => Earlier::Approved(code),
        Verdict::Refused => Earlier::Refused,
        Verdict::Open => Earlier::Open(open),
    })
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

    #[test]
    fn b05_a_request_of_an_earlier_attempt_is_known_by_its_words() {
        let code = || ApprovalCode::parse("c-1").unwrap();
        for (status, expected) in [
            (ApprovalStatus::Approved, Some(Earlier::Approved(code()))),
            (ApprovalStatus::Waiting, Some(Earlier::Open(code()))),
            (ApprovalStatus::Unknown, Some(Earlier::Open(code()))),
            (ApprovalStatus::Rejected, Some(Earlier::Refused)),
            (ApprovalStatus::Over, Some(Earlier::Refused)),
            (ApprovalStatus::Completed, None),
        ] {
            let requests = [
                request("c-0", ApprovalStatus::Approved, "run 2, item 1"),
                request("c-1", status, "run 1, item 1"),
            ];
            assert_eq!(asked_before("run 1, item 1", &requests), expected);
        }
        assert_eq!(asked_before("run 1, item 1", &[]), None);
        // Asked again after the first request had run out.
        let anew = [
            request("c-0", ApprovalStatus::Over, "run 1, item 1"),
            request("c-1", ApprovalStatus::Approved, "run 1, item 1"),
        ];
        let approved = Some(Earlier::Approved(code()));
        assert_eq!(asked_before("run 1, item 1", &anew), approved);
    }
}
