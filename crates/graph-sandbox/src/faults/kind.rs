//! The ways in which a request can go wrong.

use serde::Serialize;

use super::AfterCommit;

/// What a fault does to the requests it hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers with this status and the error shape of the route.
    Status {
        /// The HTTP status, 200 to 599.
        status: u16,
        /// The `Retry-After` header: seconds, a date, or nonsense.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// Answers as usual, this much later.
    Delay {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// Never answers; the connection stays open.
    Hang,
    /// Sends the head and half of the body, then nothing; the connection stays
    /// open.
    HangMidBody,
    /// Sends the head and half of the body, then closes the connection.
    CutMidBody,
    /// Sends the body a few bytes at a time, with this pause in between.
    SlowDrip {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// Resets the TCP connection without an answer.
    Reset,
    /// A whole HTTP answer whose JSON breaks off in the middle.
    Truncate,
    /// A whole HTTP answer that is no JSON.
    InvalidJson,
    /// Makes the change, and answers with this status as if it had failed. Hits requests that change something.
    StatusAfterCommit {
        /// The HTTP status, 200 to 599.
        status: u16,
    },
    /// Makes the change and never answers. Hits requests that change something.
    HangAfterCommit,
    /// Makes the change and resets the TCP connection. Hits requests that change something.
    ResetAfterCommit,
    /// Collections point at this same page as their next one.
    LoopNextLink,
    /// Collections point at another host for their next page.
    ForeignNextLink,
    /// Collections give this same page once more under another address, before they go on.
    DuplicateNextLink,
    /// Tokens of a delta query are no longer good: 410 with the address to begin again.
    DeltaReset,
    /// Changes of Intune need the approval of another person.
    ApprovalRequired,
    /// Intune has no licence in the tenant.
    NotLicensed,
    /// Tokens live so long, whatever the token endpoint says of them.
    TokenLifetime {
        /// Seconds; 0 and less for tokens that are over as they are issued.
        seconds: i64,
    },
    /// The administrator refuses the consent that is asked for.
    ConsentRefused,
    /// The token endpoint says the secret has expired.
    ExpiredSecret,
    /// The token endpoint says the secret is wrong.
    WrongSecret,
    /// The application is not in the tenant, neither for the token endpoint nor
    /// for tokens issued before.
    ConsentRevoked,
    /// One permission is gone, from new tokens and for tokens issued before.
    RemoveRole {
        /// The permission's name, such as `Group.Read.All`.
        role: String,
    },
}

impl FaultKind {
    /// The names of all kinds, as the control API takes them.
    pub const NAMES: &'static [&'static str] = &[
        "status",
        "delay",
        "hang",
        "hang_mid_body",
        "cut_mid_body",
        "slow_drip",
        "reset",
        "truncate",
        "invalid_json",
        "status_after_commit",
        "hang_after_commit",
        "reset_after_commit",
        "loop_next_link",
        "foreign_next_link",
        "duplicate_next_link",
        "delta_reset",
        "approval_required",
        "not_licensed",
        "token_lifetime",
        "consent_refused",
        "expired_secret",
        "wrong_secret",
        "consent_revoked",
        "remove_role",
    ];

    /// What it does to the answer of a change that was made; nothing when it is of another kind.
    pub(crate) fn after_commit(&self) -> Option<AfterCommit> {
        match self {
            Self::StatusAfterCommit { status } => Some(AfterCommit::Status(*status)),
            Self::HangAfterCommit => Some(AfterCommit::Hang),
            Self::ResetAfterCommit => Some(AfterCommit::Reset),
            _ => None,
        }
    }

    /// Whether it changes the answer itself, whatever was asked.
    pub(crate) fn is_of_transport(&self) -> bool {
        !self.is_of_sign_in()
            && !matches!(
                self,
                Self::RemoveRole { .. }
                    | Self::DeltaReset
                    | Self::ApprovalRequired
                    | Self::NotLicensed
                    | Self::TokenLifetime { .. }
                    | Self::ConsentRefused
            )
    }

    /// Whether it can happen to one part of a batch.
    pub(crate) fn fits_a_part(&self) -> bool {
        matches!(
            self,
            Self::Status { .. }
                | Self::StatusAfterCommit { .. }
                | Self::Delay { .. }
                | Self::LoopNextLink
                | Self::DuplicateNextLink
                | Self::ForeignNextLink
        )
    }

    /// Whether the token endpoint refuses because of it.
    pub(crate) fn is_of_sign_in(&self) -> bool {
        matches!(
            self,
            Self::ExpiredSecret | Self::WrongSecret | Self::ConsentRevoked
        )
    }
}
