//! The one error that leaves the server: a code, safe words, and never anything else.

use serde::{Deserialize, Serialize};

use crate::ids::RequestId;

/// Why a request was not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ApiError {
    /// Nobody is signed in.
    #[error("Sign in to go on.")]
    SignedOut,
    /// There is no such thing, or the person may not know that there is (V-02).
    #[error("There is nothing here that you can see.")]
    NotFound,
    /// The person may see it, but not do this.
    #[error(
        "You need the capability \u{201c}{capability}\u{201d} for this. Ask an owner for a role that has it."
    )]
    Forbidden {
        /// The missing capability's label.
        capability: String,
    },
    /// Somebody else was faster, or the thing is not in a state for this.
    #[error("{message}")]
    Conflict {
        /// What stands against it.
        message: String,
    },
    /// A field of the request is not right.
    #[error("{field}: {message}")]
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// Too many attempts.
    #[error("Too many attempts. Try again in {}.", crate::time::duration(i64::try_from(*retry_after_seconds).unwrap_or(i64::MAX / 1_000_000).saturating_mul(1_000_000)))]
    TooMany {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// The database cannot be reached.
    #[error(
        "TenantAtlas cannot reach its database. It tries again by itself; nothing was changed."
    )]
    Unavailable,
    /// The database can be read, but not written.
    #[error(
        "TenantAtlas cannot write to its database: the disk is full or read-only. Nothing was changed, and nothing that was confirmed is lost. Ask whoever runs TenantAtlas to make room, then try again."
    )]
    NotWritable,
    /// Something went wrong that the person cannot mend.
    #[error("Something went wrong on our side. Quote {request_id} when you report it.")]
    Internal {
        /// The request to look for in the log.
        request_id: RequestId,
    },
}

impl ApiError {
    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::NotFound => 404,
            Self::Forbidden { .. } => 403,
            Self::Conflict { .. } => 409,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } => 429,
            Self::Unavailable | Self::NotWritable => 503,
            Self::Internal { .. } => 500,
        }
    }

    /// An `Invalid` for one field.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }
}
