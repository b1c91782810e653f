//! The control API under `/_sandbox/`: read the journal, script faults, change
//! a tenant's data.

mod tenant;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::drift::MutationProblem;
use super::request;
use crate::encoding::{Plus, pairs, percent_decode};
use crate::faults::{self, BadField};
use crate::reply::Reply;
use crate::state::Unsaved;
use crate::{Sandbox, Throttling};

/// Why a control request is refused.
enum Refusal {
    Field(BadField),
    Mutation(MutationProblem),
    NotFound,
    Method(&'static str),
    Full,
    ForeignPage,
    TooLarge,
}

impl From<BadField> for Refusal {
    fn from(field: BadField) -> Self {
        Self::Field(field)
    }
}

impl From<Unsaved> for Refusal {
    fn from(_: Unsaved) -> Self {
        Self::Mutation(MutationProblem::Unsaved)
    }
}

pub(super) fn answer(
    sandbox: &Sandbox,
    parts: &Parts,
    scheme: &str,
    body: Option<&Bytes>,
) -> Reply {
    dispatch(sandbox, parts, scheme, body).unwrap_or_else(Refusal::into_reply)
}

fn dispatch(
    sandbox: &Sandbox,
    parts: &Parts,
    scheme: &str,
    body: Option<&Bytes>,
) -> Result<Reply, Refusal> {
    refuse_foreign_pages(parts, scheme)?;
    let body = body.ok_or(Refusal::TooLarge)?;
    let path = percent_decode(parts.uri.path(), Plus::Literal).ok_or(Refusal::NotFound)?;
    let steps: Vec<&str> = path
        .split('/')
        .filter(|step| !step.is_empty())
        .skip(1)
        .collect();
    let method = &parts.method;
    match steps.as_slice() {
        ["journal"] => match *method {
            Method::GET => journal(sandbox, parts.uri.query().unwrap_or("")),
            _ => Err(Refusal::Method("GET")),
        },
        ["faults"] => match *method {
            Method::GET => Ok(ok(json!({"faults": sandbox.faults().list()}))),
            Method::POST => add_fault(sandbox, body),
            Method::DELETE => {
                sandbox.faults().clear();
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            _ => Err(Refusal::Method("GET, POST, DELETE")),
        },
        ["faults", id] => match *method {
            Method::DELETE if sandbox.faults().remove(id) => {
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            Method::DELETE => Err(Refusal::NotFound),
            _ => Err(Refusal::Method("DELETE")),
        },
        ["throttling"] => match *method {
            Method::GET => Ok(ok(json!({"mode": sandbox.throttling()}))),
            Method::POST | Method::PUT => set_throttling(sandbox, body),
            _ => Err(Refusal::Method("GET, POST")),
        },
        ["enrollment"] => match *method {
            Method::POST | Method::PUT => set_enrollment(sandbox, body),
            _ => Err(Refusal::Method("POST")),
        },
        ["tenants", name, rest @ ..] => {
            let tenant = sandbox.tenant(name).ok_or(Refusal::NotFound)?;
            tenant::answer(sandbox, tenant, rest, parts, body)
        }
        _ => Err(Refusal::NotFound),
    }
}

/// A page in somebody's browser may reach loopback; it says where it comes from.
fn refuse_foreign_pages(parts: &Parts, scheme: &str) -> Result<(), Refusal> {
    let own = request::origin(scheme, &parts.uri, &parts.headers);
    match request::text(&parts.headers, "origin") {
        Some(origin) if origin != own => Err(Refusal::ForeignPage),
        _ => Ok(()),
    }
}

fn journal(sandbox: &Sandbox, query: &str) -> Result<Reply, Refusal> {
    let (mut since, mut limit) = (0_u64, usize::MAX);
    let broken = || BadField::new("query", "is malformed");
    for (name, value) in pairs(query).ok_or_else(broken)? {
        let bad = || BadField::new(&name, "must be a whole number, 0 or more");
        match name.as_str() {
            "since" => since = value.parse().map_err(|_| bad())?,
            "limit" => limit = value.parse().map_err(|_| bad())?,
            other => return Err(BadField::new(other, "is not known; since and limit are").into()),
        }
    }
    let page = sandbox.journal().read(since, limit);
    Ok(ok(
        json!({"next": page.next, "oldest": page.oldest, "entries": page.entries}),
    ))
}

fn add_fault(sandbox: &Sandbox, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let mut fault = faults::from_json(&body, |name| sandbox.tenant(name).is_some())?;
    // A domain is as good as an id, but requests are known by the id.
    let tenant = fault
        .tenant_id
        .as_deref()
        .and_then(|name| sandbox.tenant(name));
    fault.tenant_id = tenant.map(|tenant| tenant.seed.tenant_id.clone());
    let id = sandbox.faults().add(fault).map_err(|_| Refusal::Full)?;
    Ok(Reply::json(StatusCode::CREATED, json!({"id": id})))
}

fn set_throttling(sandbox: &Sandbox, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let mode = body
        .get("mode")
        .and_then(Value::as_str)
        .and_then(Throttling::named);
    let mode = mode.ok_or_else(|| BadField::new("mode", "must be off, generous or documented"))?;
    sandbox.set_throttling(mode);
    Ok(ok(json!({"mode": mode})))
}

fn set_enrollment(sandbox: &Sandbox, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let wanted = body.get("app_only_writes").and_then(Value::as_str);
    let allow = match wanted {
        Some("allowed") => true,
        Some("refused") => false,
        _ => return Err(BadField::new("app_only_writes", "must be allowed or refused").into()),
    };
    sandbox.allow_enrollment_writes(allow);
    Ok(ok(json!({"app_only_writes": wanted})))
}

fn json_body(body: &[u8]) -> Result<Value, BadField> {
    serde_json::from_slice(body).map_err(|error| BadField::new("body", error.to_string()))
}

fn ok(body: Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

impl Refusal {
    fn into_reply(self) -> Reply {
        let field = |status: StatusCode, field: &str, message: &str| {
            Reply::json(
                status,
                json!({"error": format!("{field} {message}"), "field": field}),
            )
        };
        let plain =
            |status: StatusCode, message: &str| Reply::json(status, json!({"error": message}));
        match self {
            Self::Field(bad) => field(StatusCode::BAD_REQUEST, &bad.field, &bad.message),
            Self::Mutation(MutationProblem::NoSuchEntity) => field(
                StatusCode::NOT_FOUND,
                "id",
                "is of no entity in this collection",
            ),
            Self::Mutation(MutationProblem::Exists) => {
                field(StatusCode::CONFLICT, "id", "is of an entity that exists")
            }
            Self::Mutation(MutationProblem::Full) => {
                field(StatusCode::INSUFFICIENT_STORAGE, "collection", "is full")
            }
            Self::Mutation(MutationProblem::Generated) => field(
                StatusCode::BAD_REQUEST,
                "collection",
                "follows from the tenant and cannot be changed; use a remove_role fault",
            ),
            Self::Mutation(MutationProblem::Unsaved) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the change could not be kept and was not made",
            ),
            Self::NotFound => plain(StatusCode::NOT_FOUND, "there is nothing here"),
            Self::Method(allowed) => {
                plain(StatusCode::METHOD_NOT_ALLOWED, "the method is not allowed")
                    .with("allow", allowed)
            }
            Self::Full => plain(
                StatusCode::TOO_MANY_REQUESTS,
                "too many faults are in force",
            ),
            Self::ForeignPage => plain(StatusCode::FORBIDDEN, "not from another page"),
            Self::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        }
    }
}
