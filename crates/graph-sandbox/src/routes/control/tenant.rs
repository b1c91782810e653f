//! What the control API does to one tenant: its data, its applications, its requests for approval.

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Refusal, json_body, ok};
use crate::Sandbox;
use crate::catalogue::{self, Collection, SERVICE_PRINCIPALS};
use crate::certificates;
use crate::encoding::pairs;
use crate::faults::BadField;
use crate::permissions;
use crate::reply::Reply;
use crate::routes::drift::{self, MutationProblem};
use crate::routes::write;
use crate::state::{Certificate, NewApp, Tenant};

/// Applications of one tenant at most.
const MAX_APPS: usize = 1_000;

pub(super) fn answer(
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
            Arc::make_mut(&mut app.roles).insert(role.to_owned());
        })
        .ok_or(Refusal::NotFound)??;
    Ok(ok(json!({"roles": *app.roles})))
}

fn pem(body: &Value) -> Result<Vec<Certificate>, BadField> {
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

fn collection_named(name: &str) -> Result<&'static Collection, BadField> {
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
            drift::delete(tenant, collection, needed_id()?, now).map_err(Refusal::Mutation)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(BadField::new("op", "must be create, patch or delete").into()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str()
}
