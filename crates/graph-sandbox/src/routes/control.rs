//! The control API under `/_sandbox/`: read the journal, script faults, change
//! a tenant's data.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::drift::{self, MutationProblem};
use super::request;
use super::write;
use crate::catalogue::{self, SERVICE_PRINCIPALS};
use crate::certificates;
use crate::encoding::{Plus, pairs, percent_decode};
use crate::faults::{self, BadField};
use crate::permissions;
use crate::reply::Reply;
use crate::state::{NewApp, Tenant, Unsaved};
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

/// Applications of one tenant at most.
const MAX_APPS: usize = 1_000;

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
            of_tenant(sandbox, tenant, rest, parts, body)
        }
        _ => Err(Refusal::NotFound),
    }
}

fn of_tenant(
    sandbox: &Sandbox,
    tenant: &Tenant,
    rest: &[&str],
    parts: &Parts,
    body: &[u8],
) -> Result<Reply, Refusal> {
    let query = parts.uri.query().unwrap_or("");
    match (rest, &parts.method) {
        (["state"], &Method::GET) => state(sandbox, tenant, query),
        (["mutate"], &Method::POST) => mutate(sandbox, tenant, body),
        (["grant"], &Method::POST) => grant(tenant, body),
        (["apps"], &Method::POST) => register(tenant, body),
        (["certificates"], &Method::POST) => add_certificates(tenant, body),
        (["approvals", code], &Method::POST) => decide(sandbox, tenant, code, body),
        (["state"], _) => Err(Refusal::Method("GET")),
        (["mutate" | "grant" | "apps" | "certificates"] | ["approvals", _], _) => {
            Err(Refusal::Method("POST"))
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

/// Who the tenant is and how much it holds; with `?collection=` all of one collection.
fn state(sandbox: &Sandbox, tenant: &Tenant, query: &str) -> Result<Reply, Refusal> {
    let mut entities = Value::Null;
    for (name, value) in pairs(query).ok_or_else(|| BadField::new("query", "is malformed"))? {
        if name != "collection" {
            return Err(BadField::new(&name, "is not known; collection is").into());
        }
        let collection = collection_named(&value)?;
        entities = tenant.with(collection, |entities| {
            let all = entities.values().map(|entity| {
                let mut fields = entity.whole();
                fields.retain(|name, _| !name.starts_with('#') || name.contains('.'));
                Value::Object(fields)
            });
            all.collect()
        });
    }
    let first = tenant.apps().into_iter().next();
    let apps: Vec<_> = tenant
        .apps()
        .iter()
        .map(|app| {
            json!({
                "client_id": &*app.client_id, "display_name": app.display_name,
                "roles": *app.roles, "certificates": app.certificates.len(),
            })
        })
        .collect();
    let mut body = json!({
        "tenant_id": tenant.seed.tenant_id,
        "display_name": tenant.seed.display_name,
        "domain": tenant.seed.domain,
        "client_id": tenant.seed.client_id,
        "roles": first.map(|app| app.roles.as_ref().clone()),
        "apps": apps,
        "version": tenant.version(),
        "counts": tenant.counts(),
        "journal_seq": sandbox.journal().last_seq(),
    });
    if let (Some(body), false) = (body.as_object_mut(), entities.is_null()) {
        body.insert("entities".to_owned(), entities);
    }
    Ok(ok(body))
}

fn role(value: &Value) -> Option<&str> {
    value
        .as_str()
        .filter(|role| permissions::role_id(role).is_some())
}

/// The application a body names, or the generated one.
fn app_of<'a>(tenant: &'a Tenant, body: &'a Value) -> Result<&'a str, BadField> {
    match body.get("client_id") {
        None | Some(Value::Null) => Ok(&tenant.seed.client_id),
        Some(id) => id
            .as_str()
            .filter(|id| tenant.app(id).is_some())
            .ok_or_else(|| BadField::new("client_id", "is of no application in this tenant")),
    }
}

fn grant(tenant: &Tenant, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let role = body
        .get("role")
        .and_then(role)
        .ok_or_else(|| BadField::new("role", "must name a permission such as Group.Read.All"))?;
    let app = tenant
        .change_app(app_of(tenant, &body)?, |app| {
            std::sync::Arc::make_mut(&mut app.roles).insert(role.to_owned());
        })
        .ok_or(Refusal::NotFound)??;
    Ok(ok(json!({"roles": *app.roles})))
}

fn pem(body: &Value) -> Result<Vec<crate::state::Certificate>, BadField> {
    let text = body.get("pem").and_then(Value::as_str);
    text.and_then(certificates::read_pem)
        .ok_or_else(|| BadField::new("pem", "must hold a certificate"))
}

fn add_certificates(tenant: &Tenant, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let certificates = pem(&body)?;
    let app = tenant
        .change_app(app_of(tenant, &body)?, |app| {
            app.certificates.extend(certificates);
        })
        .ok_or(Refusal::NotFound)??;
    Ok(ok(json!({"certificates": app.certificates.len()})))
}

/// One application more, with a secret of its own.
fn register(tenant: &Tenant, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let name = body.get("display_name").and_then(Value::as_str);
    let roles = body.get("roles").and_then(Value::as_array);
    let roles = roles.into_iter().flatten().map(|value| {
        role(value)
            .map(str::to_owned)
            .ok_or_else(|| BadField::new("roles", "must name permissions such as Group.Read.All"))
    });
    let new = NewApp {
        display_name: name.unwrap_or("Application").chars().take(120).collect(),
        roles: roles.collect::<Result<_, _>>()?,
        certificates: match body.get("pem") {
            None | Some(Value::Null) => Vec::new(),
            Some(_) => pem(&body)?,
        },
    };
    if tenant.apps().len() >= MAX_APPS {
        return Err(Refusal::Mutation(MutationProblem::Full));
    }
    let secret = format!("sandbox~{}", uuid::Uuid::new_v4().simple());
    let app = tenant.register(new, secret.clone())?;
    let made = json!({"client_id": &*app.client_id, "client_secret": secret, "roles": *app.roles});
    Ok(Reply::json(StatusCode::CREATED, made))
}

/// The other person's word about a request for approval.
fn decide(sandbox: &Sandbox, tenant: &Tenant, code: &str, body: &[u8]) -> Result<Reply, Refusal> {
    let body = json_body(body)?;
    let known = ["approved", "rejected", "cancelled", "expired"];
    let status = body.get("status").and_then(Value::as_str);
    let status = status
        .filter(|status| known.contains(status))
        .ok_or_else(|| BadField::new("status", format!("must be one of {}", known.join(", "))))?;
    write::set_approval(tenant, code, status, sandbox.clock().seconds())
        .map_err(Refusal::Mutation)?;
    Ok(ok(json!({"id": code, "status": status})))
}

fn collection_named(name: &str) -> Result<&'static catalogue::Collection, BadField> {
    catalogue::by_name(name)
        .filter(|known| known.path != SERVICE_PRINCIPALS)
        .ok_or_else(|| {
            let names: Vec<_> = catalogue::all().map(|known| known.path).collect();
            BadField::new("collection", format!("must be one of {}", names.join(", ")))
        })
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
        .map(collection_named)
        .unwrap_or_else(|| Err(BadField::new("collection", "is missing")))?;
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
            let made = drift::create(tenant, collection, entity, now).map_err(Refusal::Mutation)?;
            Ok(Reply::json(StatusCode::CREATED, made))
        }
        Some("patch") => {
            let changed = drift::patch(tenant, collection, needed_id()?, entity()?, now)
                .map_err(Refusal::Mutation)?;
            Ok(ok(changed))
        }
        Some("delete") => {
            drift::delete(tenant, collection, needed_id()?).map_err(Refusal::Mutation)?;
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
