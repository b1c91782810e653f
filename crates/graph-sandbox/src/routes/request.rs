//! A request once it has been read: what it is, whom it is from.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri, header};
use uuid::Uuid;

use super::prefer::Prefer;
use crate::catalogue::Version;
use crate::errors::Trace;
use crate::state::Tenant;

/// What the path addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/v1.0/...` or `/beta/...`, with the rest of the path as sent.
    Graph { version: Version, rest: String },
    /// `/{tenant}/oauth2/v2.0/token`, and the older `/{tenant}/oauth2/token`.
    Token { tenant: String, endpoint: Endpoint },
    /// `/{tenant}/v2.0/.well-known/openid-configuration`, and the older one without `v2.0`.
    Configuration { tenant: String, endpoint: Endpoint },
    /// `/{tenant}/discovery/v2.0/keys`, and the older one without `v2.0`.
    Keys { tenant: String },
    /// `/common/discovery/instance`.
    Instance,
    /// `/{tenant}/adminconsent`.
    AdminConsent { tenant: String },
    /// Nothing that exists.
    Unknown,
}

/// The two generations of the sign-in endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// It is asked for a `resource`.
    V1,
    /// It is asked for a `scope`.
    V2,
}

impl Target {
    pub(super) fn of(path: &str) -> Self {
        for version in [Version::V1, Version::Beta] {
            let rest = path
                .strip_prefix('/')
                .and_then(|path| path.strip_prefix(version.name()));
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                return Self::Graph {
                    version,
                    rest: rest.to_owned(),
                };
            }
        }
        let mut steps = path.trim_matches('/').splitn(2, '/');
        let tenant = steps.next().unwrap_or("").to_owned();
        match steps.next() {
            Some("oauth2/v2.0/token") => Self::Token {
                tenant,
                endpoint: Endpoint::V2,
            },
            Some("oauth2/token") => Self::Token {
                tenant,
                endpoint: Endpoint::V1,
            },
            Some("v2.0/.well-known/openid-configuration") => Self::Configuration {
                tenant,
                endpoint: Endpoint::V2,
            },
            Some(".well-known/openid-configuration") => Self::Configuration {
                tenant,
                endpoint: Endpoint::V1,
            },
            Some("discovery/v2.0/keys" | "discovery/keys") => Self::Keys { tenant },
            Some("discovery/instance") => Self::Instance,
            Some("adminconsent" | "v2.0/adminconsent") => Self::AdminConsent { tenant },
            _ => Self::Unknown,
        }
    }

    /// The path without version or tenant, as faults may name it.
    pub(super) fn short<'a>(&'a self, path: &'a str) -> &'a str {
        match self {
            Self::Graph { rest, .. } => rest,
            Self::Token { .. } => "/oauth2/v2.0/token",
            Self::Instance => "/discovery/instance",
            Self::Configuration { .. } => "/v2.0/.well-known/openid-configuration",
            Self::Keys { .. } => "/discovery/v2.0/keys",
            Self::AdminConsent { .. } => "/adminconsent",
            Self::Unknown => path,
        }
    }
}

/// An authenticated request to Graph, alone or out of a batch.
#[derive(Debug, Clone)]
pub(super) struct GraphCall {
    pub(super) tenant: Arc<Tenant>,
    pub(super) app_id: Arc<str>,
    pub(super) roles: Arc<BTreeSet<String>>,
    pub(super) version: Version,
    pub(super) method: Method,
    /// Below the version, escaped as sent.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Bytes,
    /// Where the request stands in the journal.
    pub(super) seq: u64,
    /// `ConsistencyLevel: eventual` was sent.
    pub(super) consistency: Consistency,
    pub(super) approval: Approval,
    pub(super) prefer: Prefer,
    /// Scheme, host and port under which the client reached the sandbox.
    pub(super) origin: String,
    pub(super) trace: Trace,
}

/// What a client says about the approval of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Approval {
    /// `x-msft-approval-justification`, as sent.
    pub(super) justification: Option<String>,
    /// `x-msft-approval-code`.
    pub(super) code: Option<String>,
}

/// What a client asked of the directory's indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consistency {
    Strong,
    Eventual,
}

impl Consistency {
    pub(super) fn of(value: Option<&str>) -> Self {
        match value {
            Some(value) if value.eq_ignore_ascii_case("eventual") => Self::Eventual,
            _ => Self::Strong,
        }
    }
}

/// `http://host:port` as the client wrote it; nothing else gets into a link.
pub(super) fn origin(scheme: &str, uri: &Uri, headers: &HeaderMap) -> String {
    let host = uri
        .authority()
        .map(axum::http::uri::Authority::as_str)
        .or_else(|| text(headers, header::HOST.as_str()))
        .filter(|host| {
            !host.is_empty()
                && host.len() <= 255
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte))
        })
        .unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// The ids of a request: its own, and the caller's or again its own.
pub(super) fn trace(headers: &HeaderMap, seconds: i64) -> Trace {
    let request_id = Uuid::new_v4().to_string();
    let client_request_id = client_request_id(headers).unwrap_or_else(|| request_id.clone());
    Trace {
        request_id,
        client_request_id,
        seconds,
    }
}

/// The caller's id for this request, cut to a sensible length.
pub(super) fn client_request_id(headers: &HeaderMap) -> Option<String> {
    text(headers, "client-request-id").map(|id| id.chars().take(128).collect())
}

/// A header that is text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
