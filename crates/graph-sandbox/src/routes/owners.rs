//! Who owns a group: nobody, until somebody is made its owner.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::directory::{already, bound, referenced, typed};
use super::graph::short;
use super::request::GraphCall;
use crate::catalogue::{Collection, OWNERSHIPS, USERS};
use crate::errors::Problem;
use crate::odata::Segment;
use crate::reply::Reply;
use crate::state::{Tenant, Writing, service_principals, sort_key};

fn ids(tenant: &Tenant, group: &str) -> BTreeSet<String> {
    let kept = tenant.entity(&OWNERSHIPS, group);
    let owners = kept.and_then(|kept| kept.fields().remove("owners"));
    let owners = owners.as_ref().and_then(Value::as_array);
    let owners = owners.into_iter().flatten().filter_map(Value::as_str);
    owners.map(str::to_owned).collect()
}

/// A person or an application; groups own nothing.
fn owner(tenant: &Tenant, id: &str) -> Option<Value> {
    if let Some(user) = typed(tenant, USERS, "user", id) {
        return Some(Value::Object(user));
    }
    let principals = service_principals(tenant, "", &BTreeSet::new());
    let mut fields = principals.get(sort_key(id).as_str())?.fields();
    let kind = json!("#microsoft.graph.servicePrincipal");
    fields.insert("@odata.type".to_owned(), kind);
    Some(Value::Object(fields))
}

/// The owners of a group, with their types.
pub(super) fn objects(tenant: &Tenant, group: &str) -> Vec<Value> {
    let ids = ids(tenant, group);
    ids.iter().filter_map(|id| owner(tenant, id)).collect()
}

fn keep(writing: &mut Writing<'_>, group: &str, owners: &BTreeSet<String>) {
    let fields = Map::from_iter([
        ("id".to_owned(), json!(group)),
        ("owners".to_owned(), json!(owners)),
    ]);
    writing.put(&OWNERSHIPS, group, fields);
}

/// `POST /groups/{id}/owners/$ref` and `DELETE /groups/{id}/owners/{id}/$ref`.
pub(super) fn change(
    call: &GraphCall,
    groups: &'static Collection,
    group: &str,
    rest: &[&Segment],
) -> Result<Reply, Problem> {
    let names: Vec<_> = rest.iter().map(|step| step.name.as_str()).collect();
    let mut writing = call.tenant.writing();
    if writing.entity(groups, group).is_none() {
        return Err(Problem::NotFound(short(group)));
    }
    let mut owners = ids(&call.tenant, group);
    match (&call.method, names.as_slice()) {
        (&Method::POST, ["owners", "$ref"]) => {
            let id = referenced(&call.body)?;
            if owner(&call.tenant, &id).is_none() {
                return Err(Problem::NotFound(short(&id)));
            }
            if !owners.insert(id) {
                return Err(already("owners"));
            }
        }
        (&Method::DELETE, ["owners", id, "$ref"]) => {
            if !owners.remove(&id.to_ascii_lowercase()) {
                return Err(Problem::NotFound(short(id)));
            }
        }
        _ => return Err(Problem::MethodNotAllowed),
    }
    keep(&mut writing, group, &owners);
    writing.commit().map_err(|_| Problem::Unsaved)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Makes those the owners of a new group that its body names: `owners@odata.bind`.
pub(super) fn bind(
    writing: &mut Writing<'_>,
    group: &str,
    body: &Map<String, Value>,
) -> Result<(), Problem> {
    let Some(wanted) = bound(body, "owners")? else {
        return Ok(());
    };
    if let Some(lost) = wanted
        .iter()
        .find(|id| owner(writing.tenant(), id).is_none())
    {
        return Err(Problem::NotFound(short(lost)));
    }
    keep(writing, group, &wanted.into_iter().collect());
    Ok(())
}
