//! Creating, updating and deleting objects.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{bad, own_fields};
use super::{Change, rules};
use crate::catalogue::Rules;
use crate::errors::Problem;
use crate::journal::WriteEffect;
use crate::reply::Reply;
use crate::routes::drift::{changed, stamp_new};
use crate::routes::list::context;
use crate::routes::read::with_context;
use crate::routes::{deleted, directory, owners};
use crate::state::{Entities, Entity};

pub(super) fn create(change: &Change<'_>) -> Result<Reply, Problem> {
    let fields = change.body()?;
    change.fits(&fields, None)?;
    rules::refuse_read_only(&fields)?;
    let sent = fields;
    let mut fields = own_fields(sent.clone());
    rules::check_new(change, &mut fields)?;
    let mut writing = change.writing()?;
    if writing.is_full(change.collection) {
        return Err(Problem::Full);
    }
    let id = match change.writes.rules {
        Rules::ScopeTag => change.call.tenant.with(change.collection, next_number),
        Rules::AppProtection => format!("T_{}", Uuid::new_v4()),
        _ => Uuid::new_v4().to_string(),
    };
    fields.insert("id".to_owned(), json!(id));
    stamp_new(change.collection, &mut fields, change.now());
    rules::complete(change, &mut fields);
    if change.writes.rules == Rules::Enrollment {
        let priority = change
            .call
            .tenant
            .with(change.collection, |all| last_of_type(all, &fields));
        fields.insert("priority".to_owned(), json!(priority + 1));
    }
    writing.put(change.collection, &id, fields.clone());
    if change.writes.rules == Rules::Group {
        directory::bind_members(&mut writing, &id, &sent)?;
        owners::bind(&mut writing, &id, &sent)?;
    }
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(WriteEffect::Applied);
    let status = change.status(change.writes.create);
    let reply = shown(change, status, &fields);
    let address = format!(
        "{}/{}/{}('{id}')",
        change.call.origin,
        change.call.version.name(),
        change.collection.path
    );
    Ok(if status == StatusCode::CREATED {
        reply.with("location", &address)
    } else {
        reply
    })
}

/// The last priority among the configurations of a type; the next one is free.
fn last_of_type(entities: &Entities, new: &Map<String, Value>) -> u64 {
    let all = entities.values().map(|entity| entity.fields());
    let same = all.filter(|own| own.get("@odata.type") == new.get("@odata.type"));
    let ranks = same.filter_map(|own| own.get("priority").and_then(Value::as_u64));
    ranks.max().unwrap_or(0)
}

/// Scope tags have numbers.
fn next_number(entities: &Entities) -> String {
    let numbers = entities.keys().filter_map(|key| key.parse::<u64>().ok());
    (numbers.max().unwrap_or(0) + 1).to_string()
}

pub(super) fn update(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let fields = change.body()?;
    let mut writing = change.writing()?;
    let entity = writing
        .entity(change.collection, id)
        .ok_or_else(|| change.not_found(id))?;
    let now = entity.whole();
    change.fits(&fields, now.get("@odata.type").and_then(Value::as_str))?;
    rules::refuse_read_only(&fields)?;
    let sent = fields.clone();
    let fields = own_fields(fields);
    rules::check_change(change, &now, &fields)?;
    let is_bound =
        change.writes.rules == Rules::Group && directory::bind_members(&mut writing, id, &sent)?;
    let is_kept = fields
        .iter()
        .all(|(name, value)| now.get(name) == Some(value));
    let is_same = is_kept && !is_bound;
    let next = if is_kept {
        now
    } else {
        let next = rules::merged(change, &entity, changed(&entity, fields, change.now()));
        writing.put(change.collection, id, next.clone());
        next
    };
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(if is_same {
        WriteEffect::Repeated
    } else {
        WriteEffect::Applied
    });
    match change.status(change.writes.update.codes) {
        StatusCode::NO_CONTENT => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        status => Ok(shown(change, status, &next)),
    }
}

pub(super) fn delete(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let mut writing = change.writing()?;
    let entity = writing
        .entity(change.collection, id)
        .ok_or_else(|| change.not_found(id))?;
    let fields = entity.fields();
    let is = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    if is("isBuiltIn") || is("isBuiltInRoleDefinition") {
        return Err(bad("A built-in object cannot be deleted."));
    }
    if change.writes.rules == Rules::Enrollment && fields.get("priority") == Some(&json!(0)) {
        return Err(bad(
            "The default enrollment configuration cannot be deleted.",
        ));
    }
    deleted::take_away(&mut writing, change.collection, &entity, id, change.now());
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(WriteEffect::Applied);
    Ok(Reply::empty(change.status(change.writes.delete)))
}

/// The object as an answer to its own change has it.
pub(super) fn shown(change: &Change<'_>, status: StatusCode, fields: &Map<String, Value>) -> Reply {
    let entity = Entity::of(change.collection, fields.clone(), 0);
    let mut out = entity.fields();
    let hidden = crate::routes::list::hidden(change.call.version, change.collection.beta_only);
    out.retain(|name, _| !hidden.contains(&name.as_str()));
    let apart = entity.apart().into_iter();
    out.extend(apart.filter(|(name, _)| change.collection.detail.contains(&name.as_str())));
    let context = context(change.call, &format!("{}/$entity", change.collection.path));
    with_context(status, &context, out)
}
