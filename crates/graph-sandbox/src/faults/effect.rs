//! What the faults that hit a request do to it, in one value.

use super::{FaultKind, Flow};

/// The sum of the faults that hit one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) delay_ms: u64,
    pub(crate) answer: Option<StatusAnswer>,
    pub(crate) mangle: Option<Mangle>,
    pub(crate) after_commit: Option<AfterCommit>,
}

/// What becomes of the answer to a change that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterCommit {
    Status(u16),
    Hang,
    Reset,
}

/// An answer that takes the place of the real one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusAnswer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
}

/// What is done to an answer, or instead of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mangle {
    Hang,
    HangMidBody,
    CutMidBody,
    SlowDrip { delay_ms: u64 },
    Reset,
    Truncate,
    InvalidJson,
    LoopNextLink,
    DuplicateNextLink,
    ForeignNextLink,
}

impl Effect {
    pub(super) fn take(&mut self, kind: &FaultKind) -> Flow {
        if let Some(after) = kind.after_commit() {
            self.after_commit = Some(after);
            return Flow::Stop;
        }
        let mangle = match kind {
            FaultKind::Delay { delay_ms } => {
                self.delay_ms = self.delay_ms.saturating_add(*delay_ms);
                return Flow::GoOn;
            }
            FaultKind::Status {
                status,
                retry_after,
            } => {
                let answer = StatusAnswer {
                    status: *status,
                    retry_after: retry_after.clone(),
                };
                self.answer = Some(answer);
                return Flow::Stop;
            }
            FaultKind::Hang => Mangle::Hang,
            FaultKind::HangMidBody => Mangle::HangMidBody,
            FaultKind::CutMidBody => Mangle::CutMidBody,
            FaultKind::SlowDrip { delay_ms } => Mangle::SlowDrip {
                delay_ms: *delay_ms,
            },
            FaultKind::Reset => Mangle::Reset,
            FaultKind::Truncate => Mangle::Truncate,
            FaultKind::InvalidJson => Mangle::InvalidJson,
            FaultKind::LoopNextLink => Mangle::LoopNextLink,
            FaultKind::DuplicateNextLink => Mangle::DuplicateNextLink,
            FaultKind::ForeignNextLink => Mangle::ForeignNextLink,
            FaultKind::ExpiredSecret
            | FaultKind::WrongSecret
            | FaultKind::ConsentRevoked
            | FaultKind::RemoveRole { .. }
            | FaultKind::DeltaReset
            | FaultKind::ApprovalRequired
            | FaultKind::NotLicensed
            | FaultKind::TokenLifetime { .. }
            | FaultKind::ConsentRefused
            | FaultKind::StatusAfterCommit { .. }
            | FaultKind::HangAfterCommit
            | FaultKind::ResetAfterCommit => return Flow::GoOn,
        };
        self.mangle = Some(mangle);
        Flow::Stop
    }
}
