//! The control API under `/_sandbox/`: read the journal, script faults, change
//! a tenant's data.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::request;
use crate::catalogue::{self, COLLECTIONS};
use crate::encoding::{Plus, pairs, percent_decode};
use crate::faults::{self, BadField};
use crate::permissions;
use crate::reply::Reply;
use crate::state::{MutationProblem, Tenant};
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

pub(super) fn answer(sandbox: &Sandbox, parts: &Parts, body: Option<&Bytes>) -> Reply {
    dispatch(sandbox, parts, body).unwrap_or_else(Refusal::into_reply)
}

fn dispatch(sandbox: &Sandbox, parts: &Parts, body: Option<&Bytes>) -> Result<Reply, Refusal> {
    refuse_foreign_pages(parts)?;
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
        ["tenants", name, what @ ("state" | "mutate" | "grant")] => {
            let tenant = sandbox.tenant(name).ok_or(Refusal::NotFound)?;
            match (*what, method) {
                ("state", &Method::GET) => Ok(ok(state(sandbox, tenant))),
                ("mutate", &Method::POST) => mutate(sandbox, tenant, body),
                ("grant", &Method::POST) => grant(tenant, body),
                ("state", _) => Err(Refusal::Method("GET")),
                _ => Err(Refusal::Method("POST")),
            }
        }
        _ => Err(Refusal::NotFound),
    }
}

/// A page in somebody's browser may reach loopback; it says where it comes from.
fn refuse_foreign_pages(parts: &Parts) -> Result<(), Refusal> {
    let own = request::origin(&parts.uri, &parts.headers);
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

fn state(sandbox: &Sandbox, tenant: &Tenant) -> Value {
    json!({
        "tenant_id": tenant.seed.tenant_id,
        "display_name": tenant.seed.display_name,
        "domain": tenant.seed.domain,
        "client_id": tenant.seed.client_id,
        "roles": *tenant.roles(),
        "counts": tenant.counts(),
        "journal_seq": sandbox.journal().last_seq(),
    })
}

fn grant(tenant: &Tenant, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let role = body
        .as_object()
        .and_then(|fields| text(fields, "role"))
        .filter(|role| permissions::role_id(role).is_some())
        .ok_or_else(|| BadField::new("role", "must name a permission such as Group.Read.All"))?;
    tenant.grant(role);
    Ok(ok(json!({"roles": *tenant.roles()})))
}

fn mutate(sandbox: &Sandbox, tenant: &Tenant, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let fields = body
        .as_object()
        .ok_or_else(|| BadField::new("body", "must be a JSON object"))?;
    let known = ["collection", "op", "id", "body"];
    if let Some(unknown) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(BadField::new(unknown, "is not known").into());
    }
    let collection = text(fields, "collection")
        .and_then(catalogue::by_name)
        .ok_or_else(|| {
            let names: Vec<_> = COLLECTIONS.iter().map(|known| known.path).collect();
            BadField::new("collection", format!("must be one of {}", names.join(", ")))
        })?;
    let id = match fields.get("id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) if !id.is_empty() && id.len() <= 256 => Some(id.as_str()),
        Some(_) => return Err(BadField::new("id", "must be a string").into()),
    };
    let needed_id = || id.ok_or_else(|| BadField::new("id", "is missing"));
    let entity = || match fields.get("body") {
        Some(Value::Object(entity)) => Ok(entity.clone()),
        _ => Err(BadField::new("body", "must be a JSON object")),
    };
    let now = sandbox.clock().seconds();
    match text(fields, "op") {
        Some("create") => {
            let mut entity = entity()?;
            if entity.get("id").is_some_and(|id| !id.is_string()) {
                return Err(BadField::new("body.id", "must be a string").into());
            }
            if let Some(id) = id {
                entity.insert("id".to_owned(), json!(id));
            }
            let made = tenant
                .create(collection, entity, now)
                .map_err(Refusal::Mutation)?;
            Ok(Reply::json(StatusCode::CREATED, made))
        }
        Some("patch") => {
            let changed = tenant
                .patch(collection, needed_id()?, entity()?, now)
                .map_err(Refusal::Mutation)?;
            Ok(ok(changed))
        }
        Some("delete") => {
            tenant
                .delete(collection, needed_id()?)
                .map_err(Refusal::Mutation)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(BadField::new("op", "must be create, patch or delete").into()),
    }
}

fn json_body(body: &[u8]) -> Result<Value, BadField> {
    serde_json::from_slice(body).map_err(|error| BadField::new("body", error.to_string()))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
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
