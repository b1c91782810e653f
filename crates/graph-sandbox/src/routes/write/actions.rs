//! Changes that are none of an object's own fields: priorities, scheduled actions, messages.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::body::{bad, list, own_fields, text};
use super::lists::{Next, change_list};
use super::{Change, rules};
use crate::errors::Problem;
use crate::journal::WriteEffect;
use crate::reply::{Item, List, Reply};
use crate::routes::drift::changed;
use crate::routes::list::context;
use crate::routes::read::with_context;

/// `POST {id}/setPriority`: the others of its type make room.
pub(super) fn set_priority(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let body = change.body()?;
    let wanted = body.get("priority").and_then(Value::as_u64);
    let wanted = wanted
        .and_then(|wanted| usize::try_from(wanted).ok())
        .filter(|wanted| *wanted > 0)
        .ok_or_else(|| bad("The parameter 'priority' must be a number above 0."))?;
    let mut writing = change.writing()?;
    let entity = writing
        .entity(change.collection, id)
        .ok_or_else(|| change.not_found(id))?;
    let kind = entity.fields().remove("@odata.type");
    let place = |fields: &Map<String, Value>| fields.get("priority").and_then(Value::as_u64);
    if place(&entity.fields()) == Some(0) {
        return Err(bad("The default configuration keeps its priority."));
    }
    let mut ranked: Vec<_> = change.call.tenant.with(change.collection, |entities| {
        let all = entities
            .values()
            .map(|entity| (entity.fields(), entity.clone()));
        all.filter(|(fields, _)| {
            fields.get("@odata.type") == kind.as_ref() && place(fields).is_some_and(|at| at > 0)
        })
        .collect()
    });
    ranked.sort_by_key(|(fields, _)| place(fields));
    let own = |fields: &Map<String, Value>| {
        let known = fields.get("id").and_then(Value::as_str);
        known.is_some_and(|known| known.eq_ignore_ascii_case(id))
    };
    let from = ranked.iter().position(|(fields, _)| own(fields));
    let moving = from.map(|from| ranked.remove(from));
    let to = (wanted - 1).min(ranked.len());
    if let Some(moving) = moving {
        ranked.insert(to, moving);
    }
    for (at, (fields, entity)) in ranked.iter().enumerate() {
        let next = u64::try_from(at + 1).unwrap_or(u64::MAX);
        let known = fields.get("id").and_then(Value::as_str).unwrap_or("");
        if place(fields) != Some(next) {
            let moved = Map::from_iter([("priority".to_owned(), json!(next))]);
            writing.put(
                change.collection,
                known,
                changed(entity, moved, change.now()),
            );
        }
    }
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(WriteEffect::Applied);
    Ok(Reply::empty(change.status(change.writes.update.codes)))
}

/// `POST {id}/scheduleActionsForRules`: all of them anew.
pub(super) fn schedule(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let body = change.body()?;
    let rules = list(&body, "deviceComplianceScheduledActionForRules")?;
    rules::one_block(rules)?;
    let moved = Map::from_iter([("scheduledActionsForRule".to_owned(), json!(rules))]);
    let mut writing = change.writing()?;
    let entity = writing
        .entity(change.collection, id)
        .ok_or_else(|| change.not_found(id))?;
    let next = rules::merged(change, &entity, changed(&entity, moved, change.now()));
    writing.put(change.collection, id, next.clone());
    writing.commit().map_err(|_| Problem::Unsaved)?;
    change.wrote(WriteEffect::Applied);
    let items = next
        .get("scheduledActionsForRule")
        .and_then(Value::as_array);
    let items = items.into_iter().flatten().filter_map(Value::as_object);
    let name = format!("{}('{id}')/scheduledActionsForRule", change.collection.path);
    Ok(Reply::list(List {
        context: Some(context(change.call, &name)),
        items: items.cloned().map(Item::Made).collect(),
        ..List::default()
    }))
}

const MESSAGES: &str = "localizedNotificationMessages";

pub(super) fn add_message(change: &Change<'_>, id: &str) -> Result<Reply, Problem> {
    let mut message = own_fields(change.body()?);
    let locale = text(&message, "locale")?.to_ascii_lowercase();
    text(&message, "subject")?;
    text(&message, "messageTemplate")?;
    let own = format!("{id}_{locale}");
    message.insert("id".to_owned(), json!(own));
    message.insert("locale".to_owned(), json!(locale));
    message.insert(
        "lastModifiedDateTime".to_owned(),
        json!(crate::clock::iso_seconds(change.now())),
    );
    message.entry("isDefault").or_insert(json!(false));
    let made = Value::Object(message.clone());
    messages(change, id, |mut now| {
        if now.iter().any(|one| is(one, &own)) {
            return Err(Problem::Conflict(
                "There is a message in this language.".to_owned(),
            ));
        }
        now.push(made);
        Ok(now)
    })?;
    Ok(shown(
        change,
        id,
        change.status(change.writes.create),
        message,
    ))
}

pub(super) fn change_message(change: &Change<'_>, id: &str, own: &str) -> Result<Reply, Problem> {
    let mut fields = own_fields(change.body()?);
    fields.remove("locale");
    let mut next = Map::new();
    messages(change, id, |mut now| {
        let found = now.iter_mut().find(|one| is(one, own));
        let found = found.and_then(Value::as_object_mut);
        let found = found.ok_or_else(|| change.not_found(own))?;
        found.extend(fields);
        next = found.clone();
        Ok(now)
    })?;
    Ok(shown(
        change,
        id,
        change.status(change.writes.update.codes),
        next,
    ))
}

pub(super) fn delete_message(change: &Change<'_>, id: &str, own: &str) -> Result<Reply, Problem> {
    messages(change, id, |mut now| {
        let before = now.len();
        now.retain(|one| !is(one, own));
        if now.len() == before {
            return Err(change.not_found(own));
        }
        Ok(now)
    })?;
    Ok(Reply::empty(change.status(change.writes.delete)))
}

fn is(one: &Value, id: &str) -> bool {
    let own = one.get("id").and_then(Value::as_str);
    own.is_some_and(|own| own.eq_ignore_ascii_case(id))
}

/// Changes the messages of a template; the one marked as default gives it its language.
fn messages(
    change: &Change<'_>,
    id: &str,
    next: impl FnOnce(Vec<Value>) -> Result<Vec<Value>, Problem>,
) -> Result<(), Problem> {
    change_list(change, id, MESSAGES, |_, now| {
        let items = next(now)?;
        let mut all = items.iter();
        let default = all.find(|one| one.get("isDefault") == Some(&json!(true)));
        let locale = default.and_then(|one| one.get("locale")).cloned();
        let locale = ("defaultLocale".to_owned(), locale.unwrap_or(Value::Null));
        let beside = Map::from_iter([locale]);
        Ok(Next { items, beside })
    })
}

fn shown(change: &Change<'_>, id: &str, status: StatusCode, fields: Map<String, Value>) -> Reply {
    let name = format!("{}('{id}')/{MESSAGES}/$entity", change.collection.path);
    with_context(status, &context(change.call, &name), fields)
}
