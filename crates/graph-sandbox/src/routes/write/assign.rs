//! Assignments: replaced as a whole, or one by one.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Change;
use super::body::{bad, list};
use super::lists::{Next, change_list};
use crate::catalogue::{Assign, Version};
use crate::data::parts::{ALL_DEVICES, ALL_USERS};
use crate::errors::Problem;
use crate::odata::part;
use crate::reply::{Item, List, Reply};
use crate::routes::list::context;
use crate::routes::read::with_context;

/// Assignments of one object at most.
const MAX: usize = 1_000;

const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

/// `POST {id}/assign`: what is not in the body is gone.
pub(super) fn replace(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let Assign::All { key, codes, beside } = change.writes.assign else {
        return Err(Problem::MethodNotAllowed);
    };
    let body = change.body()?;
    if let Some(other) = body.keys().find(|name| *name != key && !name.contains('@')) {
        let name = crate::routes::graph::short(other);
        return Err(bad(format!(
            "The parameter '{name}' is not known; '{key}' is."
        )));
    }
    let wanted = list(&body, key)?;
    if wanted.len() > MAX {
        return Err(bad(format!("An object has at most {MAX} assignments.")));
    }
    let mut next: Vec<Value> = Vec::with_capacity(wanted.len());
    for one in wanted {
        let made = assignment(change, id, one, beside)?;
        if next.iter().any(|other| other.get("id") == made.get("id")) {
            return Err(bad("The same target is assigned twice."));
        }
        next.push(made);
    }
    keep(change, id, |_| Ok(next.clone()))?;
    match change.status(codes) {
        StatusCode::NO_CONTENT => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        _ => {
            let name = format!("{}('{id}')/assignments", change.collection.path);
            let items = next.into_iter().filter_map(|item| shown(change, item));
            Ok(Reply::list(List {
                context: Some(context(change.call, &name)),
                items: items.map(Item::Made).collect(),
                ..List::default()
            }))
        }
    }
}

/// `POST {id}/assignments`: one more.
pub(super) fn add(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let body = Value::Object(change.body()?);
    let made = assignment(change, id, &body, &[])?;
    keep(change, id, |mut now| {
        if now.iter().any(|other| other.get("id") == made.get("id")) {
            return Err(Problem::Conflict(
                "The assignment exists already.".to_owned(),
            ));
        }
        if now.len() >= MAX {
            return Err(bad(format!("An object has at most {MAX} assignments.")));
        }
        now.push(made.clone());
        Ok(now)
    })?;
    let name = format!("{}('{id}')/assignments/$entity", change.collection.path);
    let fields = shown(change, made).unwrap_or_default();
    Ok(with_context(
        StatusCode::CREATED,
        &context(change.call, &name),
        fields,
    ))
}

/// `DELETE {id}/assignments/{id}`: one less.
pub(super) fn remove(change: &Change<'_>, id: &str, own: &str) -> Result<Reply, Problem> {
    keep(change, id, |mut now| {
        let before = now.len();
        now.retain(|one| {
            let known = one.get("id").and_then(Value::as_str);
            !known.is_some_and(|known| known.eq_ignore_ascii_case(own))
        });
        if now.len() == before {
            return Err(change.not_found(own));
        }
        Ok(now)
    })?;
    Ok(Reply::empty(change.status(change.writes.delete)))
}

fn shown(change: &Change<'_>, item: Value) -> Option<Map<String, Value>> {
    let mut known = change.collection.navigation.iter();
    let known = known.find(|known| known.name == "assignments")?;
    match part(item, known, &[], &[], change.call.version) {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn keep(
    change: &Change<'_>,
    id: &str,
    next: impl FnOnce(Vec<Value>) -> Result<Vec<Value>, Problem>,
) -> Result<(), Problem> {
    change_list(change, id, "assignments", |fields, now| {
        if fields.get("priority") == Some(&json!(0)) {
            return Err(bad("The default configuration cannot be assigned."));
        }
        let items = next(now)?;
        let mut beside = Map::new();
        if fields.contains_key("isAssigned") {
            beside.insert("isAssigned".to_owned(), json!(!items.is_empty()));
        }
        Ok(Next { items, beside })
    })
}

/// One assignment as it is kept: with its id and its source.
fn assignment(
    change: &Change<'_>,
    id: &str,
    wanted: &Value,
    beside: &[&str],
) -> Result<Value, Problem> {
    let target = wanted
        .get("target")
        .and_then(Value::as_object)
        .ok_or_else(|| bad("Every assignment needs a 'target'."))?;
    let who = check_target(change, target)?;
    let mut own = Map::from_iter([
        ("id".to_owned(), json!(format!("{id}_{who}"))),
        ("source".to_owned(), json!("direct")),
        ("sourceId".to_owned(), json!(id)),
    ]);
    let mut target = target.clone();
    target.retain(|_, value| !value.is_null());
    own.insert("target".to_owned(), Value::Object(target));
    for name in beside {
        if let Some(value) = wanted.get(*name) {
            own.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(Value::Object(own))
}

/// Whom a target means, as the id of its assignment says it.
fn check_target(change: &Change<'_>, target: &Map<String, Value>) -> Result<String, Problem> {
    let text = |name: &str| target.get(name).and_then(Value::as_str);
    let kind = text("@odata.type").and_then(|kind| kind.strip_prefix("#microsoft.graph."));
    let kind = kind.and_then(|kind| kind.strip_suffix("AssignmentTarget"));
    let group = || {
        text("groupId")
            .filter(|id| Uuid::parse_str(id).is_ok())
            .map(str::to_ascii_lowercase)
            .ok_or_else(|| bad("The target needs a 'groupId' that is a GUID."))
    };
    let who = match kind {
        Some("group" | "exclusionGroup") => group()?,
        Some("allDevices") => ALL_DEVICES.to_owned(),
        Some("allLicensedUsers") => ALL_USERS.to_owned(),
        Some("configurationManagerCollection") => text("collectionId")
            .map(str::to_owned)
            .ok_or_else(|| bad("The target needs a 'collectionId'."))?,
        _ => return Err(bad("The '@odata.type' of the target is not known.")),
    };
    let filter = text(FILTER_ID);
    let way = text(FILTER_TYPE).unwrap_or("none");
    if change.call.version == Version::V1 && (filter.is_some() || target.contains_key(FILTER_TYPE))
    {
        return Err(bad(format!(
            "The property '{FILTER_ID}' does not exist on type 'microsoft.graph.deviceAndAppManagementAssignmentTarget'."
        )));
    }
    match (filter, way) {
        (None, "none") | (Some("00000000-0000-0000-0000-000000000000"), "none") => {}
        (Some(_), "include" | "exclude") if kind == Some("exclusionGroup") => {
            return Err(bad("A group that is excluded cannot have a filter."));
        }
        (Some(id), "include" | "exclude") if Uuid::parse_str(id).is_ok() => {}
        _ => {
            return Err(bad(format!(
                "'{FILTER_ID}' and '{FILTER_TYPE}' (none, include, exclude) do not fit together."
            )));
        }
    }
    Ok(who)
}
