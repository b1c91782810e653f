//! Errors of the token endpoint, with the codes clients are told to read.

use axum::http::StatusCode;
use serde_json::json;

use crate::certificates::BadAssertion;
use crate::clock;
use crate::errors::Trace;
use crate::reply::Reply;

/// Why a token request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    MissingParameter(&'static str),
    UnsupportedGrant(String),
    MalformedTenant(String),
    /// The endpoint is everybody's, and the request says nothing about whose tenant is meant.
    NoTenant,
    UnknownTenant(String),
    UnknownApp {
        client_id: String,
        tenant: String,
    },
    MissingSecret,
    WrongSecret(String),
    ExpiredSecret(String),
    MissingAssertionType,
    BadAssertion(BadAssertion),
    ScopeWithoutDefault(String),
    MalformedScope(String),
    UnknownResource {
        resource: String,
        tenant: String,
    },
    Throttled(Option<String>),
    Unavailable(StatusCode, Option<String>),
}

impl SignInProblem {
    pub(crate) fn reply(&self, trace: &Trace) -> Reply {
        let (status, error, code, text) = self.words();
        let stamp = clock::iso_seconds(trace.seconds).replace('T', " ");
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {stamp}",
                trace.request_id, trace.client_request_id
            ),
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace.request_id,
            "correlation_id": trace.client_request_id,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        let reply = Reply::json(status, body);
        match self {
            Self::Throttled(Some(after)) | Self::Unavailable(_, Some(after)) => {
                reply.with("retry-after", after)
            }
            _ => reply,
        }
    }

    fn words(&self) -> (StatusCode, &'static str, u32, String) {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
        match self {
            Self::MissingParameter(name) => (
                BAD,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            ),
            Self::UnsupportedGrant(grant) => (
                BAD,
                "unsupported_grant_type",
                70_003,
                format!("The app requested an unsupported grant type '{grant}'."),
            ),
            Self::MalformedTenant(tenant) => (
                BAD,
                "invalid_request",
                900_023,
                format!(
                    "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a \
                     valid external domain."
                ),
            ),
            Self::NoTenant => (
                BAD,
                "invalid_request",
                50_059,
                "No tenant-identifying information found in either the request or implied by any \
                 provided credentials."
                    .to_owned(),
            ),
            Self::UnknownTenant(tenant) => (
                BAD,
                "invalid_request",
                90_002,
                format!(
                    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant \
                     ID and are signing into the correct cloud."
                ),
            ),
            Self::UnknownApp { client_id, tenant } => (
                BAD,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{client_id}' was not found in the directory \
                     '{tenant}'. This can happen if the application has not been installed by the \
                     administrator of the tenant or consented to by any user in the tenant."
                ),
            ),
            Self::MissingSecret => (
                UNAUTHORIZED,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or \
                 'client_secret'."
                    .to_owned(),
            ),
            Self::WrongSecret(app) => (
                UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request \
                     is the client secret value, not the client secret ID, for a secret added to \
                     app '{app}'."
                ),
            ),
            Self::ExpiredSecret(app) => (
                UNAUTHORIZED,
                "invalid_client",
                7_000_222,
                format!("The provided client secret keys for app '{app}' are expired."),
            ),
            Self::MissingAssertionType => (
                UNAUTHORIZED,
                "invalid_client",
                7_000_216,
                "'client_assertion', 'client_secret' or 'request' is required for the \
                 'client_credentials' grant type."
                    .to_owned(),
            ),
            Self::BadAssertion(why) => bad_assertion(*why),
            Self::ScopeWithoutDefault(scope) => (
                BAD,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows \
                     must have a scope value with /.default suffixed to the resource identifier \
                     (application ID URI)."
                ),
            ),
            Self::MalformedScope(scope) => (
                BAD,
                "invalid_scope",
                70_011,
                format!(
                    "The provided request must include a 'scope' input parameter. The provided \
                     value for the input parameter 'scope' is not valid. The scope {scope} is not \
                     valid."
                ),
            ),
            Self::UnknownResource { resource, tenant } => (
                BAD,
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {resource} was not found in the tenant named \
                     {tenant}."
                ),
            ),
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                90_055,
                "The tenant is throttled because of too many requests.".to_owned(),
            ),
            Self::Unavailable(status, _) => (
                *status,
                "temporarily_unavailable",
                90_033,
                "A transient error has occurred. Please try again.".to_owned(),
            ),
        }
    }
}

/// What is wrong with a signed assertion; all but the time is one code.
fn bad_assertion(why: BadAssertion) -> (StatusCode, &'static str, u32, String) {
    let (code, text) = match why {
        BadAssertion::OutOfTime => (
            700_024,
            "Client assertion is not within its valid time range.",
        ),
        BadAssertion::UnknownKey => (
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered \
             on application.",
        ),
        BadAssertion::Malformed => (700_027, "Client assertion failed signature validation."),
        BadAssertion::OtherAudience => (
            700_027,
            "The audience of the client assertion is not this token endpoint.",
        ),
        BadAssertion::OtherSubject => (
            700_027,
            "The issuer and the subject of the client assertion are not the application.",
        ),
    };
    (
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        code,
        text.to_owned(),
    )
}
