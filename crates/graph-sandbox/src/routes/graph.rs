//! Answering for Graph: permissions, budgets, collections and entities.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::change;
use super::request::{Consistency, GraphCall};
use crate::Sandbox;
use crate::catalogue::{COLLECTIONS, Collection, EMPTY_BELOW, Navigation};
use crate::errors::{Family, Problem};
use crate::faults::Place;
use crate::odata::{
    Key, ODataProblem, Page, PageSize, Query, Segment, context_suffix, page, project, segments,
};
use crate::permissions;
use crate::reply::Reply;
use crate::state::{Entities, keyed, sort_key};

/// The answer to one authenticated request.
pub(super) fn answer(sandbox: &Sandbox, call: &GraphCall) -> Reply {
    let steps = match segments(&call.path) {
        Ok(steps) => steps,
        Err(problem) => return from_odata(problem).reply(Family::Directory, &call.trace),
    };
    let family = family_of(&steps);
    read(sandbox, call, &steps, family).unwrap_or_else(|problem| problem.reply(family, &call.trace))
}

fn family_of(steps: &[Segment]) -> Family {
    match steps.first().map(|step| step.name.as_str()) {
        Some("deviceManagement" | "deviceAppManagement") => Family::Intune,
        _ => Family::Directory,
    }
}

fn read(
    sandbox: &Sandbox,
    call: &GraphCall,
    steps: &[Segment],
    family: Family,
) -> Result<Reply, Problem> {
    let path = format!("/{}{}", call.version.name(), call.path);
    let place = Place {
        tenant_id: Some(&call.tenant.id),
        path: &path,
        short: &call.path,
    };
    if sandbox.faults().consent_revoked(&place) {
        return Err(Problem::ConsentRevoked);
    }
    let roles = sandbox.faults().narrow(&place, &call.roles);
    let call = &GraphCall {
        roles,
        ..call.clone()
    };
    let query = Query::parse(&call.query).map_err(from_odata)?;
    let cost = cost(steps, &query);
    let used = sandbox
        .throttle()
        .pay(&call.tenant.id, family, cost, sandbox.clock().micros())
        .map_err(|refused| Problem::Throttled {
            retry_after: refused.retry_after,
        })?;
    let reply = dispatch(sandbox, call, steps, &query)?;
    Ok(match family {
        Family::Intune => reply,
        Family::Directory => {
            let reply = reply.with("x-ms-resource-unit", &cost.to_string());
            if used > 0.8 {
                reply.with("x-ms-throttle-limit-percentage", &format!("{used:.2}"))
            } else {
                reply
            }
        }
    })
}

/// Units of the directory's budget.
fn cost(steps: &[Segment], query: &Query) -> u32 {
    let is_list = steps.last().is_some_and(|step| step.key.is_none());
    let base = 1 + u32::from(is_list) + u32::from(!query.expand.is_empty());
    let saved =
        u32::from(!query.select.is_empty()) + u32::from(query.top.is_some_and(|top| top < 20));
    base.saturating_sub(saved).max(1)
}

fn dispatch(
    sandbox: &Sandbox,
    call: &GraphCall,
    steps: &[Segment],
    query: &Query,
) -> Result<Reply, Problem> {
    let Some((collection, own, rest)) = find(steps) else {
        return unknown(call, steps);
    };
    if !collection.versions.contains(&call.version) {
        return Err(Problem::UnknownSegment(own.name.clone()));
    }
    if !permissions::opens(collection.read, &call.roles) {
        return Err(Problem::MissingRole(collection.read));
    }
    if call.method != Method::GET && call.method != Method::PATCH {
        return Err(Problem::MethodNotAllowed);
    }
    // The key in parentheses and the key as the next step are the same.
    let (key, rest) = match (&own.key, rest) {
        (Some(key), rest) => (Some(key.clone()), rest),
        (None, [next, after @ ..]) if next.name != "$count" => {
            (Some(Key::Id(next.name.clone())), after)
        }
        (None, rest) => (None, rest),
    };
    if call.method == Method::PATCH {
        return match (&key, rest) {
            (Some(key), []) => change::patch(sandbox, call, collection, key),
            _ => Err(Problem::MethodNotAllowed),
        };
    }
    let Some(key) = key else {
        let list = List {
            name: collection.path,
            family: collection.family,
            size: collection.size,
            navigation: collection.navigation,
            refuses_large_pages: collection.refuses_large_pages(),
        };
        return call.tenant.with(collection, &call.roles, |entities| {
            list.answer(call, entities, query, rest)
        });
    };
    let entity = call.tenant.with(collection, &call.roles, |entities| {
        entity(collection, entities, &key)
    })?;
    match rest {
        [] => Ok(one(call, collection, &entity, query)),
        [step, after @ ..] => below(call, collection, &entity, step, after, query),
    }
}

/// The collection a path leads to, its own step, and the steps after it.
fn find(steps: &[Segment]) -> Option<(&'static Collection, &Segment, &[Segment])> {
    COLLECTIONS.iter().find_map(|known| {
        let depth = known.path.split('/').count();
        let (head, rest) = steps.split_at_checked(depth)?;
        let (own, folders) = head.split_last()?;
        let same = known
            .path
            .split('/')
            .eq(head.iter().map(|step| step.name.as_str()));
        (same && folders.iter().all(|step| step.key.is_none())).then_some((known, own, rest))
    })
}

fn entity(collection: &Collection, entities: &Entities, key: &Key) -> Result<Arc<Value>, Problem> {
    let found = match key {
        Key::Id(id) => entities.get(&sort_key(id)),
        Key::Alternate { name, value } if name == "id" => entities.get(&sort_key(value)),
        Key::Alternate { name, value } if collection.alternate_key == Some(name.as_str()) => {
            entities.values().find(|entity| {
                let own = entity.get(name).and_then(Value::as_str);
                own.is_some_and(|own| own.eq_ignore_ascii_case(value))
            })
        }
        Key::Alternate { name, .. } => {
            let message = format!("The key property '{name}' is not known for this resource.");
            return Err(Problem::BadRequest(message));
        }
    };
    let wanted = match key {
        Key::Id(value) | Key::Alternate { value, .. } => value,
    };
    found
        .cloned()
        .ok_or_else(|| Problem::NotFound(wanted.chars().take(200).collect()))
}

fn one(call: &GraphCall, collection: &Collection, entity: &Value, query: &Query) -> Reply {
    let mut body = project(entity, collection.navigation, &query.select, &query.expand);
    if let Some(body) = body.as_object_mut() {
        let suffix = context_suffix(&query.select, &query.expand);
        let context = context(call, &format!("{}{suffix}/$entity", collection.path));
        body.insert("@odata.context".to_owned(), json!(context));
    }
    Reply::json(StatusCode::OK, body)
}

/// A navigation property: `/{id}/settings`, with its own pages.
fn below(
    call: &GraphCall,
    collection: &Collection,
    entity: &Value,
    step: &Segment,
    rest: &[Segment],
    query: &Query,
) -> Result<Reply, Problem> {
    let unknown = || Problem::UnknownSegment(step.name.clone());
    let known = collection
        .navigation
        .iter()
        .find(|known| known.name == step.name)
        .ok_or_else(unknown)?;
    let parts = entity
        .get(known.name)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let parts = keyed(parts);
    let key = match (&step.key, rest) {
        (Some(Key::Id(id) | Key::Alternate { value: id, .. }), []) => Some(id.clone()),
        (None, [next]) if next.name != "$count" => Some(next.name.clone()),
        (None, [] | [_]) => None,
        _ => return Err(unknown()),
    };
    let id = entity.get("id").and_then(Value::as_str).unwrap_or("");
    let name = format!("{}('{id}')/{}", collection.path, known.name);
    if let Some(key) = key {
        let part = parts.get(&sort_key(&key)).ok_or(Problem::NotFound(key))?;
        let mut body = project(part, known.navigation, &query.select, &query.expand);
        if let Some(body) = body.as_object_mut() {
            let context = context(call, &format!("{name}/$entity"));
            body.insert("@odata.context".to_owned(), json!(context));
        }
        return Ok(Reply::json(StatusCode::OK, body));
    }
    let list = List {
        name: &name,
        family: collection.family,
        size: known.size,
        navigation: known.navigation,
        refuses_large_pages: collection.refuses_large_pages(),
    };
    list.answer(call, &parts, query, rest)
}

/// A collection on its way out.
struct List<'a> {
    name: &'a str,
    family: Family,
    size: PageSize,
    navigation: &'static [Navigation],
    refuses_large_pages: bool,
}

impl List<'_> {
    fn answer(
        &self,
        call: &GraphCall,
        entities: &Entities,
        query: &Query,
        rest: &[Segment],
    ) -> Result<Reply, Problem> {
        let counts_only = match rest {
            [] => false,
            [step] if step.name == "$count" => true,
            [step, ..] => return Err(Problem::UnknownSegment(step.name.clone())),
        };
        self.check(call, query, counts_only)?;
        if counts_only {
            let filter = query.filter.as_ref();
            let wanted = |entity: &Value| filter.is_none_or(|filter| filter.matches(entity));
            let count = entities.values().filter(|entity| wanted(entity)).count();
            return Ok(Reply::text(count.to_string()));
        }
        Ok(self.envelope(call, query, &page(entities, query, self.size)))
    }

    fn check(&self, call: &GraphCall, query: &Query, counts_only: bool) -> Result<(), Problem> {
        let max = self.size.max;
        if let Some(top) = query
            .top
            .filter(|top| self.refuses_large_pages && *top > max)
        {
            let message = format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {max} inclusive."
            );
            return Err(Problem::BadRequest(message));
        }
        let advanced = counts_only
            || query.count
            || query
                .filter
                .as_ref()
                .is_some_and(crate::odata::Filter::is_advanced);
        if advanced && self.family == Family::Directory && call.consistency == Consistency::Strong {
            return Err(Problem::UnsupportedQuery(
                "The query needs the header ConsistencyLevel: eventual.".to_owned(),
            ));
        }
        Ok(())
    }

    fn envelope(&self, call: &GraphCall, query: &Query, page: &Page) -> Reply {
        let items: Vec<_> = page
            .items
            .iter()
            .map(|entity| project(entity, self.navigation, &query.select, &query.expand))
            .collect();
        let suffix = context_suffix(&query.select, &query.expand);
        let mut body = json!({
            "@odata.context": context(call, &format!("{}{suffix}", self.name)),
            "value": items,
        });
        if let Some(body) = body.as_object_mut() {
            if let Some(count) = page.count {
                body.insert("@odata.count".to_owned(), json!(count));
            }
            if let Some(next) = &page.next {
                let link = format!(
                    "{}/{}{}?{}",
                    call.origin,
                    call.version.name(),
                    call.path,
                    query.next(next)
                );
                body.insert("@odata.nextLink".to_owned(), json!(link));
            }
        }
        Reply::json(StatusCode::OK, body)
    }
}

fn context(call: &GraphCall, what: &str) -> String {
    format!("{}/{}/$metadata#{what}", call.origin, call.version.name())
}

/// What is not in the catalogue: emptiness where tools look around, else an error.
fn unknown(call: &GraphCall, steps: &[Segment]) -> Result<Reply, Problem> {
    let first = steps.first().map_or("", |step| step.name.as_str());
    let [_, rest @ ..] = steps else {
        return Err(Problem::UnknownSegment(first.to_owned()));
    };
    if !EMPTY_BELOW.contains(&first) || rest.is_empty() {
        return Err(Problem::UnknownSegment(first.to_owned()));
    }
    let opened = match family_of(steps) {
        Family::Intune => permissions::any_intune(&call.roles),
        Family::Directory => permissions::opens(permissions::POLICIES, &call.roles),
    };
    if !opened {
        return Err(Problem::MissingRole(match family_of(steps) {
            Family::Intune => permissions::CONFIGURATION,
            Family::Directory => permissions::POLICIES,
        }));
    }
    if call.method != Method::GET {
        return Err(Problem::MethodNotAllowed);
    }
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    match rest.last() {
        Some(last) if last.name == "$count" => Ok(Reply::text("0".to_owned())),
        // Nothing is in an unknown collection, so no key leads anywhere.
        _ if rest
            .iter()
            .any(|step| step.key.is_some() || looks_like_id(&step.name)) =>
        {
            Err(Problem::NotFound(
                names.join("/").chars().take(200).collect(),
            ))
        }
        _ => Ok(Reply::json(
            StatusCode::OK,
            json!({"@odata.context": context(call, &names.join("/")), "value": []}),
        )),
    }
}

/// GUIDs, numbers and ids made of several GUIDs; names of collections have no
/// digits up front.
fn looks_like_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        || text
            .get(..36)
            .is_some_and(|head| uuid::Uuid::parse_str(head).is_ok())
}

fn from_odata(problem: ODataProblem) -> Problem {
    match problem {
        ODataProblem::Malformed(message) => Problem::BadRequest(message),
        ODataProblem::Unsupported(message) => Problem::UnsupportedQuery(message),
    }
}
