//! The way of every request: read, journal, faults, answer.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::finish::Silence;
use super::prefer::Prefer;
use super::request::{Approval, Consistency, GraphCall, Target};
use super::{batch, body, consent, control, discovery, finish, graph, request, scripted, token};
use crate::encoding::{Plus, hex, percent_decode};
use crate::errors::{Family, Problem, Trace};
use crate::faults::{AfterCommit, Effect, Place, Verb};
use crate::journal::JournalEntry;
use crate::listener::{Breaker, Connection};
use crate::reply::Reply;
use crate::sign_in_errors::SignInProblem;
use crate::tokens::{Grant, Refusal};
use crate::{ControlApi, Sandbox, clock};

/// How long a request body may take.
const BODY: Duration = Duration::from_secs(60);

pub(super) async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY, body::read(body)).await {
        Ok(body) => body,
        // Nobody waits for the rest, and nothing was asked for.
        Err(_) => return Reply::empty(StatusCode::REQUEST_TIMEOUT).into_response(),
    };
    let path = parts.uri.path();
    if path == "/_sandbox" || path.starts_with("/_sandbox/") {
        return match sandbox.control() {
            ControlApi::On => {
                control::answer(&sandbox, &parts, scheme(&parts), body.as_ref()).into_response()
            }
            ControlApi::Off => Reply::empty(StatusCode::NOT_FOUND).into_response(),
        };
    }
    let incoming = Incoming::read(&sandbox, &parts, body);
    let seq = sandbox.journal().arrived(incoming.entry(&sandbox, &parts));
    let effect = sandbox
        .faults()
        .strike(&incoming.place(), incoming.verb(&parts));
    if effect.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(effect.delay_ms)).await;
    }
    if let Some(silence) = effect.mangle.and_then(Silence::of) {
        return finish::no_answer(silence, breaker(&parts)).await;
    }
    let reply = match &effect.answer {
        Some(answer) => incoming.scripted(answer.status, answer.retry_after.as_deref()),
        None => incoming.answer(&sandbox, &parts, seq, &effect).await,
    };
    let reply = match effect.after_commit {
        None => reply,
        Some(AfterCommit::Status(status)) => incoming.scripted(status, None),
        // The change is made; whoever asked for it is never told.
        Some(AfterCommit::Hang) => return finish::no_answer(Silence::Hang, None).await,
        Some(AfterCommit::Reset) => {
            return finish::no_answer(Silence::Reset, breaker(&parts)).await;
        }
    };
    sandbox.journal().answered(seq, reply.status.as_u16());
    finish::response(reply, &incoming.trace, &effect, &incoming.address(&parts))
}

/// What can reset the connection a request came on.
fn breaker(parts: &Parts) -> Option<Breaker> {
    let info = parts.extensions.get::<ConnectInfo<Connection>>()?;
    Some(info.0.breaker.clone())
}

/// How the client reached the sandbox.
fn scheme(parts: &Parts) -> &'static str {
    let info = parts.extensions.get::<ConnectInfo<Connection>>();
    info.map_or("http", |info| info.0.scheme)
}

/// Whether the body is compressed; generated clients for Go try that first, and send it plain after a 415.
fn is_encoded(headers: &axum::http::HeaderMap) -> bool {
    let encoding = request::text(headers, "content-encoding");
    encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"))
}

/// Whether a body is said to be JSON.
fn is_json(content_type: Option<&str>) -> bool {
    let kind = content_type.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| {
        let kind = kind.trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    })
}

/// A request with everything that is known before it is answered.
struct Incoming {
    target: Target,
    trace: Trace,
    /// The decoded path.
    path: String,
    origin: String,
    /// `None` when it was larger than allowed or broke off.
    body: Option<Bytes>,
    grant: Result<Grant, Refusal>,
    form: Option<token::TokenForm>,
    tenant_id: Option<String>,
}

impl Incoming {
    fn read(sandbox: &Sandbox, parts: &Parts, body: Option<Bytes>) -> Self {
        let seconds = sandbox.clock().seconds();
        let raw = parts.uri.path();
        let target = Target::of(raw);
        let authorization = request::text(&parts.headers, "authorization");
        let (grant, form, tenant_id) = match &target {
            Target::Token { tenant, .. } => {
                let form = token::TokenForm::read(body.as_deref().unwrap_or(&[]), authorization);
                let known = sandbox
                    .tenant(tenant)
                    .map(|tenant| tenant.seed.tenant_id.clone());
                (Err(Refusal::Missing), Some(form), known)
            }
            Target::Configuration { tenant, .. }
            | Target::Keys { tenant }
            | Target::AdminConsent { tenant } => {
                let known = sandbox
                    .tenant(tenant)
                    .map(|tenant| tenant.seed.tenant_id.clone());
                (Err(Refusal::Missing), None, known)
            }
            Target::Graph { .. } => {
                let grant = sandbox.tokens().check(authorization, seconds);
                let tenant = grant.as_ref().ok().map(|grant| grant.tenant_id.to_string());
                (grant, None, tenant)
            }
            Target::Instance | Target::Unknown => (Err(Refusal::Missing), None, None),
        };
        Self {
            trace: request::trace(&parts.headers, seconds),
            path: percent_decode(raw, Plus::Literal).unwrap_or_else(|| raw.to_owned()),
            origin: request::origin(scheme(parts), &parts.uri, &parts.headers),
            target,
            body,
            grant,
            form,
            tenant_id,
        }
    }

    fn entry(&self, sandbox: &Sandbox, parts: &Parts) -> JournalEntry {
        let named = self
            .form
            .as_ref()
            .and_then(|form| form.client_id.as_deref());
        let app_id = match &self.grant {
            Ok(grant) => Some(grant.app_id.to_string()),
            Err(_) => named.map(|id| id.chars().take(64).collect()),
        };
        let body = self.body.as_ref().filter(|body| !body.is_empty());
        JournalEntry {
            seq: 0,
            time: clock::iso_millis(sandbox.clock().micros()),
            tenant_id: self.tenant_id.clone(),
            app_id,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            status: None,
            request_id: self.trace.request_id.clone(),
            client_request_id: request::client_request_id(&parts.headers),
            body_hash: body.map(|body| hex(&Sha256::digest(body))),
            write: None,
            in_batch: None,
        }
    }

    fn asks_for_metadata(&self, parts: &Parts) -> bool {
        parts.method == Method::GET && self.path.trim_end_matches('/').ends_with("/$metadata")
    }

    fn place(&self) -> Place<'_> {
        Place {
            tenant_id: self.tenant_id.as_deref(),
            path: &self.path,
            short: self.target.short(&self.path),
        }
    }

    fn verb(&self, parts: &Parts) -> Verb {
        match &self.target {
            Target::Graph { rest, .. } => graph::verb(&parts.method, rest),
            _ => Verb::Reads,
        }
    }

    /// The request's own address, for links that lead back to it.
    fn address(&self, parts: &Parts) -> String {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{}{path}", self.origin)
    }

    /// The answer that a fault puts in the place of the real one.
    fn scripted(&self, status: u16, retry_after: Option<&str>) -> Reply {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match &self.target {
            Target::Graph { .. } => scripted::scripted(status, retry_after, &self.trace),
            _ if status.is_success() => Reply::empty(status),
            _ if status == StatusCode::TOO_MANY_REQUESTS => {
                SignInProblem::Throttled(retry_after.map(str::to_owned)).reply(&self.trace)
            }
            _ => SignInProblem::Unavailable(status, retry_after.map(str::to_owned))
                .reply(&self.trace),
        }
    }

    async fn answer(&self, sandbox: &Sandbox, parts: &Parts, seq: u64, effect: &Effect) -> Reply {
        let Some(body) = &self.body else {
            return Problem::TooLarge.reply(Family::Directory, &self.trace);
        };
        if is_encoded(&parts.headers) {
            return Problem::Encoded.reply(Family::Directory, &self.trace);
        }
        match &self.target {
            // The description of the service is anybody's.
            Target::Graph { version, .. } if self.asks_for_metadata(parts) => {
                discovery::metadata(*version)
            }
            Target::Graph { version, rest }
                if rest.trim_matches('/').is_empty() && parts.method == Method::GET =>
            {
                discovery::service(*version, &self.origin)
            }
            Target::Graph { version, rest } => {
                let grant = match &self.grant {
                    Ok(grant) => grant,
                    Err(refusal) => {
                        let problem = Problem::Unauthenticated(*refusal);
                        return problem.reply(Family::Directory, &self.trace);
                    }
                };
                let Some(tenant) = sandbox.tenant(&grant.tenant_id) else {
                    let problem = Problem::Unauthenticated(Refusal::Unknown);
                    return problem.reply(Family::Directory, &self.trace);
                };
                let header = |name: &str| request::text(&parts.headers, name);
                if !body.is_empty() && !is_json(header("content-type")) {
                    return Problem::NotJson.reply(Family::Directory, &self.trace);
                }
                let call = GraphCall {
                    tenant: tenant.clone(),
                    app_id: grant.app_id.clone(),
                    roles: grant.roles.clone(),
                    version: *version,
                    method: parts.method.clone(),
                    path: rest.clone(),
                    query: parts.uri.query().unwrap_or("").to_owned(),
                    body: body.clone(),
                    seq,
                    consistency: Consistency::of(header("consistencylevel")),
                    approval: Approval {
                        justification: header("x-msft-approval-justification").map(str::to_owned),
                        code: header("x-msft-approval-code").map(str::to_owned),
                    },
                    prefer: Prefer::of(header("prefer")),
                    origin: self.origin.clone(),
                    trace: self.trace.clone(),
                };
                if batch::is_batch(rest) {
                    batch::answer(sandbox, &call, body, seq, effect).await
                } else {
                    graph::answer(sandbox, &call)
                }
            }
            Target::Token { tenant, endpoint } if parts.method == Method::POST => {
                let asked = token::Asked {
                    tenant,
                    endpoint: *endpoint,
                    form: self.form.clone().unwrap_or_default(),
                    place: self.place(),
                    origin: &self.origin,
                };
                token::answer(sandbox, &asked, &self.trace)
            }
            Target::Token { .. } => {
                Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with("allow", "POST")
            }
            Target::Configuration { tenant, endpoint } => {
                discovery::configuration(sandbox, tenant, *endpoint, &self.origin, &self.trace)
            }
            Target::Instance => discovery::instance(&self.origin),
            Target::Keys { tenant } => discovery::keys(sandbox, tenant, &self.trace),
            Target::AdminConsent { tenant } => {
                let query = parts.uri.query().unwrap_or("");
                consent::answer(sandbox, tenant, query, &self.place(), &self.trace)
            }
            Target::Unknown => Problem::UnknownSegment(
                self.path
                    .trim_matches('/')
                    .split('/')
                    .next()
                    .unwrap_or("")
                    .to_owned(),
            )
            .reply(Family::Directory, &self.trace),
        }
    }
}
