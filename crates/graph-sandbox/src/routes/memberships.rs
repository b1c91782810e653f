//! The groups that somebody or something is in.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::directory::typed;
use super::list::context;
use super::request::GraphCall;
use crate::catalogue::{self, GROUPS, MEMBERSHIPS};
use crate::errors::Problem;
use crate::reply::{Reply, ReplyBody};
use crate::state::{Entity, Tenant};

/// How far up is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The groups that say it themselves.
    Direct,
    /// The groups of those groups too.
    All,
}

/// The groups above an object, with their type.
pub(super) fn above(tenant: &Tenant, path: &str, id: &str, reach: Reach) -> Vec<Value> {
    let ids = ids_above(tenant, path, id, reach);
    let groups = ids
        .iter()
        .filter_map(|id| typed(tenant, GROUPS, "group", id));
    groups.map(Value::Object).collect()
}

fn ids_above(tenant: &Tenant, path: &str, id: &str, reach: Reach) -> BTreeSet<String> {
    let mut found = direct(tenant, path, id);
    if reach == Reach::All {
        let mut left: Vec<String> = found.iter().cloned().collect();
        while let Some(next) = left.pop() {
            for group in direct(tenant, GROUPS, &next) {
                if found.insert(group.clone()) {
                    left.push(group);
                }
            }
        }
    }
    found
}

fn direct(tenant: &Tenant, path: &str, id: &str) -> BTreeSet<String> {
    let id = id.to_ascii_lowercase();
    // Groups come into groups by changes alone; people are in them from the beginning.
    let keys: Vec<String> = if path == GROUPS {
        tenant.with(&MEMBERSHIPS, |kept| {
            kept.keys().map(ToString::to_string).collect()
        })
    } else {
        let groups = catalogue::by_path(GROUPS);
        groups.map_or_else(Vec::new, |groups| {
            tenant.with(groups, |entities| {
                entities.keys().map(ToString::to_string).collect()
            })
        })
    };
    keys.into_iter()
        .filter(|group| tenant.members(group).contains(&id))
        .collect()
}

/// Questions about groups that are asked with a body.
pub(super) const QUESTIONS: &[&str] = &[
    "checkMemberGroups",
    "checkMemberObjects",
    "getMemberGroups",
    "getMemberObjects",
];

/// `POST {id}/getMemberGroups` and its like: ids of the groups above, all of them or those that are asked about.
pub(super) fn asked(
    call: &GraphCall,
    path: &'static str,
    entity: &Entity,
    question: &str,
) -> Result<Reply, Problem> {
    if call.method != Method::POST {
        return Err(Problem::MethodNotAllowed);
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::Unreadable)?;
    let own = entity.fields().remove("id");
    let own = own.as_ref().and_then(Value::as_str).unwrap_or("");
    let mut ids = ids_above(&call.tenant, path, own, Reach::All);
    let list = match question {
        "checkMemberGroups" => Some("groupIds"),
        "checkMemberObjects" => Some("ids"),
        _ => None,
    };
    if let Some(list) = list {
        let wanted = body.get(list).and_then(Value::as_array).ok_or_else(|| {
            Problem::BadRequest(format!("The parameter '{list}' must be a list of ids."))
        })?;
        let wanted: BTreeSet<String> = wanted
            .iter()
            .filter_map(|id| id.as_str().map(str::to_ascii_lowercase))
            .collect();
        ids.retain(|id| wanted.contains(id));
    } else if body.get("securityEnabledOnly") == Some(&json!(true)) {
        let is_security = |id: &String| {
            let group = typed(&call.tenant, GROUPS, "group", id);
            group.is_some_and(|group| group.get("securityEnabled") == Some(&json!(true)))
        };
        ids.retain(is_security);
    }
    let text = json!({"@odata.context": context(call, "Collection(Edm.String)"), "value": ids});
    Ok(Reply::new(
        axum::http::StatusCode::OK,
        ReplyBody::Json(text),
    ))
}
