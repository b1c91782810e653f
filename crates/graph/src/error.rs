//! Why a call gave no answer, told apart by variant.

use std::time::Duration;

use crate::redact::SafeText;

/// Why a call to Microsoft Graph gave no answer.
///
/// Every text in it is the program's own or has passed the redaction, so both
/// `Display` and `Debug` may be shown and stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The sign-in service, or Graph itself, did not accept the credential.
    #[error("sign-in failed: {kind}")]
    AuthenticationFailed {
        /// What is wrong with the credential.
        kind: CredentialFault,
        /// Microsoft's diagnostic number, for instance 7000215.
        aadsts: Option<u32>,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The application is not, or no longer, known in the tenant.
    #[error("the application has no consent in this tenant")]
    ConsentMissing {
        /// Microsoft's diagnostic number, for instance 700016.
        aadsts: Option<u32>,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// There is no tenant with this id.
    #[error("the sign-in service does not know this tenant")]
    TenantUnknown {
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The application may not do this.
    #[error("permission denied{}", any_of(.permissions))]
    PermissionDenied {
        /// Permissions of which any one would do, as the reply or the contract names them.
        permissions: Vec<String>,
        /// The provider's words, redacted.
        detail: Option<SafeText>,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The tenant has no licence for the service.
    #[error("the tenant has no licence for this service")]
    NotLicensed {
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The object or collection is not there.
    #[error("the provider has no such object")]
    NotFound {
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The provider refused the request itself.
    #[error("the provider refused the request with status {status}{}", code_of(.code))]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The provider's error code.
        code: Option<SafeText>,
        /// The provider's words, redacted.
        detail: Option<SafeText>,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The provider asks for a longer wait than one call may take.
    #[error("the provider asks to wait {} s", .retry_after.as_secs())]
    Throttled {
        /// How long to wait before the next call.
        retry_after: Duration,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// No whole reply came.
    #[error("the provider could not be reached: {kind}")]
    Unreachable {
        /// How far the call came.
        kind: UnreachableKind,
    },
    /// The provider failed.
    #[error("the provider failed with status {status}")]
    ServerError {
        /// The HTTP status.
        status: u16,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The reply is not what the contract promises.
    #[error("the provider's reply cannot be used: {what}")]
    InvalidResponse {
        /// What is wrong with it.
        what: &'static str,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The link to the next page leads where the token must not go.
    #[error("the link to the next page was refused: {why}")]
    RefusedNextLink {
        /// What is wrong with it.
        why: LinkFault,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The reply or the collection is larger than is allowed.
    #[error("the reply is too large: {limit}")]
    TooLarge {
        /// The limit that was reached.
        limit: SizeLimit,
        /// Microsoft's id of the exchange.
        request_id: Option<String>,
    },
    /// The call could not be made as it was set up.
    #[error("the provider client is set up wrongly: {what}")]
    Misconfigured {
        /// What is wrong.
        what: &'static str,
    },
    /// The leave of the run's last checkpoint was too old to send anything; nothing was sent.
    #[error("the run was not asked about for too long; nothing was sent")]
    LeaveTooOld,
    /// The null client was asked: no provider is to be called here.
    #[error("no provider may be called here")]
    NoProvider,
}

/// What is wrong with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialFault {
    /// The secret is not one of the application's.
    WrongSecret,
    /// The secret was right once.
    ExpiredSecret,
    /// Anything else, for instance a disabled application.
    Other,
}

/// How far a call came that got no whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreachableKind {
    /// The name of the host has no address.
    Dns,
    /// The connection was refused or broke while it was made.
    Connect,
    /// The connection was not made in time.
    ConnectTimeout,
    /// The certificate or the encryption was not accepted.
    Tls,
    /// No token came in the time that one call may take.
    SignInTimeout,
    /// No headers came in time.
    HeaderTimeout,
    /// The body did not end in time.
    BodyTimeout,
    /// The connection ended before the reply did.
    Interrupted,
}

/// What is wrong with a link to the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFault {
    /// It is no absolute URL of a usable form.
    Malformed,
    /// It has another scheme, host or port than the connection.
    ForeignOrigin,
    /// It has another API version than the contract.
    OtherVersion,
    /// It was followed before.
    Loop,
    /// The cursor belongs to another collection or tenant.
    OtherCollection,
}

/// A limit on the size of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeLimit {
    /// Bytes of one reply.
    Bytes(usize),
    /// Pages of one collection.
    Pages(u32),
}

impl GraphError {
    /// A sentence that holds no token, secret, payload or URL.
    pub fn safe_message(&self) -> String {
        self.to_string()
    }

    /// Microsoft's id of the exchange, for their support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::AuthenticationFailed { request_id, .. }
            | Self::ConsentMissing { request_id, .. }
            | Self::TenantUnknown { request_id }
            | Self::PermissionDenied { request_id, .. }
            | Self::NotLicensed { request_id }
            | Self::NotFound { request_id }
            | Self::Rejected { request_id, .. }
            | Self::Throttled { request_id, .. }
            | Self::ServerError { request_id, .. }
            | Self::InvalidResponse { request_id, .. }
            | Self::RefusedNextLink { request_id, .. }
            | Self::TooLarge { request_id, .. } => request_id.as_deref(),
            Self::Unreachable { .. }
            | Self::Misconfigured { .. }
            | Self::LeaveTooOld
            | Self::NoProvider => None,
        }
    }

    /// Whether the same call may well succeed later with nothing changed by people.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Unreachable { .. }
            | Self::ServerError { .. }
            | Self::LeaveTooOld => true,
            Self::AuthenticationFailed { .. }
            | Self::ConsentMissing { .. }
            | Self::TenantUnknown { .. }
            | Self::PermissionDenied { .. }
            | Self::NotLicensed { .. }
            | Self::NotFound { .. }
            | Self::Rejected { .. }
            | Self::InvalidResponse { .. }
            | Self::RefusedNextLink { .. }
            | Self::TooLarge { .. }
            | Self::Misconfigured { .. }
            | Self::NoProvider => false,
        }
    }
}

impl std::fmt::Display for CredentialFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::WrongSecret => "the client secret is wrong",
            Self::ExpiredSecret => "the client secret has expired",
            Self::Other => "the credential was not accepted",
        })
    }
}

impl std::fmt::Display for UnreachableKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dns => "its name has no address",
            Self::Connect => "no connection",
            Self::ConnectTimeout => "no connection in time",
            Self::Tls => "its certificate or encryption was not accepted",
            Self::SignInTimeout => "no token in time",
            Self::HeaderTimeout => "no answer in time",
            Self::BodyTimeout => "the answer did not end in time",
            Self::Interrupted => "the connection ended in the middle of the answer",
        })
    }
}

impl std::fmt::Display for LinkFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it is not a usable address",
            Self::ForeignOrigin => "it leads to another host",
            Self::OtherVersion => "it leads to another API version",
            Self::Loop => "it was followed before",
            Self::OtherCollection => "it belongs to another collection",
        })
    }
}

impl std::fmt::Display for SizeLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(limit) => write!(f, "more than {limit} bytes"),
            Self::Pages(limit) => write!(f, "more than {limit} pages"),
        }
    }
}

fn any_of(permissions: &[String]) -> String {
    if permissions.is_empty() {
        String::new()
    } else {
        format!("; one of these is needed: {}", permissions.join(", "))
    }
}

fn code_of(code: &Option<SafeText>) -> String {
    code.as_ref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default()
}
