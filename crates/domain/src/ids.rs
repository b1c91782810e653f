//! Ids: one type per noun, so that a tenant's id is never taken for a run's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to be this noun's id.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, for storage.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Takes the hyphenated form alone, so that one thing has one URL.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

ids! {
    /// A workspace: the customer, or the team, that owns tenants.
    WorkspaceId,
    /// A tenant: one Microsoft 365 / Entra directory under management.
    TenantId,
    /// What a row belongs to: its tenant, or its workspace when it has no tenant.
    ScopeId,
    /// A person who can sign in.
    UserId,
    /// One run of an operation.
    RunId,
    /// A tenant's connection to its provider.
    ConnectionId,
    /// A notification to one person.
    NotificationId,
    /// One request to the server, also printed on error pages.
    RequestId,
    /// A session, named without its token.
    SessionId,
    /// An invitation into a workspace, named without its token.
    InvitationId,
    /// A write to a provider that a run set out for.
    IntentId,
    /// One worker process.
    WorkerId,
    /// A schedule: an operation that runs by itself at stated times.
    ScheduleId,
    /// A selection of tenants that was made for a bulk run.
    SelectionId,
}

impl ScopeId {
    /// The scope of a row: the tenant's where there is one, else the workspace's.
    pub fn of(workspace: WorkspaceId, tenant: Option<TenantId>) -> Self {
        Self(tenant.map_or(workspace.0, |tenant| tenant.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        assert!(
            "0190b4f0-0000-7000-8000-000000000001"
                .parse::<RunId>()
                .is_ok()
        );
        for bad in [
            "",
            "x",
            "0190b4f0000070008000000000000001",
            "{0190b4f0-0000-7000-8000-00000000000}",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }
}
