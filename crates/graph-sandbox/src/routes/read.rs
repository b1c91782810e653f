//! Reading: collections, entities, and what belongs to an entity.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::graph::{Found, short};
use super::list::{Listing, context, hidden, is_of};
use super::request::GraphCall;
use super::{directory, overviews};
use crate::catalogue::{Collection, GROUPS, MEMBERSHIPS, SERVICE_PRINCIPALS, USERS, Version};
use crate::errors::Problem;
use crate::odata::{Key, Query, Segment, Shape, context_suffix, part};
use crate::reply::{List, Reply, ReplyBody};
use crate::state::{Entities, Entity, keyed, service_principals, sort_key};
use crate::types::{Kind, Type};

pub(super) fn answer(call: &GraphCall, found: &Found<'_>, query: &Query) -> Result<Reply, Problem> {
    let collection = found.collection;
    let Some(key) = &found.key else {
        return all(call, found, query);
    };
    let entity = entity(call, collection, key)?;
    match found.rest.as_slice() {
        [] => Ok(one(call, collection, &entity, query)),
        [step, after @ ..] if directory::is_people(collection.path, &step.name) => {
            let people = directory::People {
                path: collection.path,
                group: &entity,
                name: &step.name,
                kind: found.inner,
            };
            directory::people(call, &people, after, query)
        }
        [step, after @ ..] => below(call, collection, &entity, step, after, query),
    }
}

fn all(call: &GraphCall, found: &Found<'_>, query: &Query) -> Result<Reply, Problem> {
    let collection = found.collection;
    let unknown = match call.version {
        Version::V1 => collection.beta_types,
        Version::Beta => &[],
    };
    let admits = |fields: &Map<String, Value>| is_of(fields, collection.only, found.cast, unknown);
    let asks = collection.only.is_some() || found.cast.is_some() || !unknown.is_empty();
    let made = |name: &str, entity: &Entity| {
        directory::expanded(&call.tenant, collection.path, name, entity)
    };
    let listing = Listing {
        name: collection.path,
        family: collection.family,
        paging: collection.paging,
        navigation: collection.navigation,
        hidden: hidden(call.version, collection.beta_only),
        declared: Type::named(found.cast.unwrap_or(collection.kind)),
        admits: asks.then_some(&admits),
        made: [GROUPS, USERS].contains(&collection.path).then_some(&made),
    };
    with(call, collection, |entities| {
        listing.answer(call, entities, query, &found.rest)
    })
}

/// Lets `look` see the entities of a collection as this caller sees them.
pub(super) fn with<T>(
    call: &GraphCall,
    collection: &Collection,
    look: impl FnOnce(&Entities) -> T,
) -> T {
    if collection.path == SERVICE_PRINCIPALS {
        return look(&service_principals(&call.tenant, &call.app_id, &call.roles));
    }
    call.tenant.with(collection, look)
}

/// The entity of a key, if this collection and version show it.
pub(super) fn entity(
    call: &GraphCall,
    collection: &Collection,
    key: &Key,
) -> Result<Arc<Entity>, Problem> {
    let text = |entity: &Entity, name: &str| {
        let value = entity.fields().remove(name);
        value.and_then(|value| value.as_str().map(str::to_owned))
    };
    let found = with(call, collection, |entities| match key {
        Key::Id(name) if collection.path == USERS && name.contains('@') => {
            let mut all = entities.values();
            let same = |entity: &&Arc<Entity>| {
                text(entity, "userPrincipalName").is_some_and(|own| own.eq_ignore_ascii_case(name))
            };
            Ok(all.find(same).cloned())
        }
        Key::Id(id) => Ok(entities.get(sort_key(id).as_str()).cloned()),
        Key::Alternate { name, value } if name == "id" => {
            Ok(entities.get(sort_key(value).as_str()).cloned())
        }
        Key::Alternate { name, value } if collection.alternate_key == Some(name.as_str()) => {
            let mut all = entities.values();
            let same = |entity: &&Arc<Entity>| {
                text(entity, name).is_some_and(|own| own.eq_ignore_ascii_case(value))
            };
            Ok(all.find(same).cloned())
        }
        Key::Alternate { name, .. } => {
            let message = format!(
                "The key property '{}' is not known for this resource.",
                short(name)
            );
            Err(Problem::BadRequest(message))
        }
    })?;
    let wanted = match key {
        Key::Id(value) | Key::Alternate { value, .. } => value,
    };
    let shown = found.filter(|entity| {
        let unknown = match call.version {
            Version::V1 => collection.beta_types,
            Version::Beta => &[],
        };
        (collection.only.is_none() && unknown.is_empty())
            || is_of(&entity.fields(), collection.only, None, unknown)
    });
    shown.ok_or_else(|| Problem::NotFound(short(wanted)))
}

/// One entity as the query wants it.
pub(super) fn one(
    call: &GraphCall,
    collection: &Collection,
    entity: &Entity,
    query: &Query,
) -> Reply {
    let made = |name: &str, entity: &Entity| {
        directory::expanded(&call.tenant, collection.path, name, entity)
    };
    let shape = Shape {
        version: call.version,
        navigation: collection.navigation,
        detail: collection.detail,
        hidden: hidden(call.version, collection.beta_only),
        declared: Type::named(collection.kind),
        select: &query.select,
        expand: &query.expand,
        made: [GROUPS, USERS].contains(&collection.path).then_some(&made),
    };
    let suffix = context_suffix(&query.select, &query.expand);
    let context = context(call, &format!("{}{suffix}/$entity", collection.path));
    with_context(StatusCode::OK, &context, shape.fields(entity))
}

/// An entity with the address of its description.
pub(super) fn with_context(
    status: StatusCode,
    context: &str,
    mut fields: Map<String, Value>,
) -> Reply {
    fields.insert("@odata.context".to_owned(), Value::from(context));
    let text = Value::Object(fields).to_string();
    Reply::new(status, ReplyBody::Written(text))
}

/// A property that the type declares: its value, or the objects behind it, of which there are none here.
fn declared(
    call: &GraphCall,
    collection: &Collection,
    entity: &Entity,
    step: &Segment,
    rest: &[&Segment],
) -> Result<Reply, Problem> {
    let fields = entity.fields();
    let own = fields.get("@odata.type").and_then(Value::as_str);
    let kind = own
        .and_then(Type::named)
        .or_else(|| Type::named(collection.kind));
    let known = kind.and_then(|kind| kind.addressed(&step.name, call.version));
    let known = known.ok_or_else(|| Problem::UnknownSegment(short(&step.name)))?;
    let id = fields.get("id").and_then(Value::as_str).unwrap_or("");
    let name = format!("{}('{id}')/{}", collection.path, known.name);
    match (known.kind, known.is_many, rest) {
        (Kind::Link, true, []) if step.key.is_none() => Ok(Reply::list(List {
            context: Some(context(call, &name)),
            ..List::default()
        })),
        (Kind::Link, true, [last]) if last.name == "$count" => Ok(Reply::text("0".to_owned())),
        (Kind::Link, false, []) if let Some(fields) = overviews::empty(known.name, id) => {
            let context = context(call, &format!("{name}/$entity"));
            Ok(with_context(StatusCode::OK, &context, fields))
        }
        (Kind::Link, ..) => Err(Problem::NotFound(short(&step.name))),
        (_, _, []) => {
            let mut all = entity.whole();
            let value = all.remove(known.name).unwrap_or(Value::Null);
            let shown = Map::from_iter([("value".to_owned(), value)]);
            Ok(with_context(StatusCode::OK, &context(call, &name), shown))
        }
        (_, _, [next, ..]) => Err(Problem::UnknownSegment(short(&next.name))),
    }
}

/// A navigation property: `/{id}/settings`, with its own pages.
fn below(
    call: &GraphCall,
    collection: &Collection,
    entity: &Entity,
    step: &Segment,
    rest: &[&Segment],
    query: &Query,
) -> Result<Reply, Problem> {
    let unknown = || Problem::UnknownSegment(step.name.clone());
    let mut known = collection.navigation.iter();
    let Some(known) = known.find(|known| known.name == step.name) else {
        return declared(call, collection, entity, step, rest);
    };
    let key = match (&step.key, rest) {
        (Some(Key::Id(id) | Key::Alternate { value: id, .. }), []) => Some(id.clone()),
        (None, [next]) if next.name != "$count" => Some(next.name.clone()),
        (None, [] | [_]) => None,
        _ => return Err(unknown()),
    };
    let fields = entity.fields();
    let id = fields.get("id").and_then(Value::as_str).unwrap_or("");
    let name = format!("{}('{id}')/{}", collection.path, known.name);
    let parts = entity
        .list(known.name)
        .into_iter()
        .map(|item| part(item, known, &query.select, &query.expand, call.version));
    // What is selected is cut away already; the id is needed for the order.
    let whole = entity
        .list(known.name)
        .into_iter()
        .map(|item| part(item, known, &[], &query.expand, call.version));
    if let Some(key) = key {
        let wanted = sort_key(&key);
        let mut pairs = entity.list(known.name).into_iter().zip(parts);
        let found = pairs.find(|(item, _)| {
            let own = item.get("id").and_then(Value::as_str);
            own.is_some_and(|own| sort_key(own) == wanted)
        });
        let Some((_, Value::Object(fields))) = found else {
            return Err(Problem::NotFound(short(&key)));
        };
        let context = context(call, &format!("{name}/$entity"));
        return Ok(with_context(StatusCode::OK, &context, fields));
    }
    let listing = Listing {
        name: &name,
        family: collection.family,
        paging: known.paging,
        navigation: &[],
        hidden: &[],
        declared: None,
        admits: None,
        made: None,
    };
    // Expanded above, so that the page only selects.
    let plain = query.expanded_already();
    listing.answer(call, &keyed(&MEMBERSHIPS, whole), &plain, rest)
}
