//! `/groups/delta`: everything once, and from then on what has changed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::deleted;
use super::graph::{Address, from_odata, short};
use super::list::context;
use super::request::GraphCall;
use crate::Sandbox;
use crate::catalogue::{self, DIRECTORY_PAGES, GROUPS, MEMBERSHIPS};
use crate::encoding::{base64_decode, base64url, pairs};
use crate::errors::Problem;
use crate::faults::FaultKind;
use crate::odata::{Filter, Query, Shape};
use crate::permissions;
use crate::reply::{Item, List, Reply};
use crate::state::{Entity, Gone};

/// A token is good for seven days.
const GOOD_FOR: i64 = 7 * 86_400;
/// Ids that a delta may be narrowed to.
const MAX_IDS: usize = 50;

/// Where a client stands, and what it asked for at the beginning. It goes out as text and comes back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Position {
    /// The tenant, whose versions these are.
    tenant: String,
    /// Changes after this version; without one, everything there is.
    since: Option<u64>,
    /// The tenant's version as the round began: the next one is from here, so that nothing is missed and some
    /// things come twice.
    began: u64,
    /// The key after which the next page begins.
    after: Option<String>,
    issued: i64,
    select: Vec<String>,
    ids: Vec<String>,
    /// Only what changed of each group was asked for as this round began.
    #[serde(default)]
    minimal: bool,
}

impl Position {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(base64_decode(text)?.strip_prefix(b"d:")?).ok()
    }

    fn write(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        base64url(format!("d:{text}").as_bytes())
    }
}

pub(super) fn answer(sandbox: &Sandbox, call: &GraphCall, query: &Query) -> Result<Reply, Problem> {
    if call.method != axum::http::Method::GET {
        return Err(Problem::MethodNotAllowed);
    }
    if !permissions::opens(permissions::GROUPS, &call.roles) {
        return Err(Problem::MissingRole(permissions::GROUPS));
    }
    deleted::let_go(&call.tenant, call.trace.seconds)?;
    let again = format!(
        "{}/{}/groups/delta?$deltatoken=",
        call.origin,
        call.version.name()
    );
    let lost = || Problem::SyncStateLost {
        begin_again: Some(again.clone()),
    };
    let raw = pairs(call.query.trim_start_matches('?')).unwrap_or_default();
    let option = |wanted: &str| {
        let mut all = raw.iter();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_str())
    };
    let (delta, skip) = (option("$deltatoken"), option("$skiptoken"));
    let now = call.trace.seconds;
    let version = call.tenant.version();
    let position = match skip.or(delta).filter(|token| !token.is_empty()) {
        None => first(call, query, None)?,
        Some("latest") => {
            let position = first(call, query, Some(version))?;
            return Ok(reply(call, Vec::new(), &position, None));
        }
        Some(token) => {
            let address = Address::of(call);
            let place = address.place(call);
            if sandbox.faults().strikes(&place, &FaultKind::DeltaReset) {
                return Err(lost());
            }
            let position = Position::read(token)
                .ok_or_else(|| Problem::BadRequest("Badly formed token.".to_owned()))?;
            if position.tenant != *call.tenant.id || position.began > version {
                return Err(lost());
            }
            if now.saturating_sub(position.issued) > GOOD_FOR {
                return Err(Problem::SyncStateLost { begin_again: None });
            }
            let minimal = call.prefer.is_minimal();
            if delta.is_some() {
                Position {
                    since: Some(position.began),
                    began: version,
                    after: None,
                    minimal,
                    ..position
                }
            } else {
                Position {
                    minimal: position.minimal || minimal,
                    ..position
                }
            }
        }
    };
    let (items, after) = page(call, &position);
    Ok(reply(call, items, &position, after))
}

fn first(call: &GraphCall, query: &Query, since: Option<u64>) -> Result<Position, Problem> {
    for (used, name) in [
        (query.top.is_some(), "$top"),
        (!query.expand.is_empty(), "$expand"),
        (!query.order.is_empty(), "$orderby"),
        (query.search.is_some(), "$search"),
    ] {
        if used {
            let message = format!("'{name}' is not supported with delta queries.");
            return Err(from_odata(crate::odata::ODataProblem::Unsupported(message)));
        }
    }
    let ids = match &query.filter {
        None => Vec::new(),
        Some(filter) => ids(filter)
            .filter(|ids| ids.len() <= MAX_IDS)
            .ok_or_else(|| {
                Problem::UnsupportedQuery(format!(
                    "A delta query can be filtered by up to {MAX_IDS} ids, and by nothing else."
                ))
            })?,
    };
    Ok(Position {
        tenant: call.tenant.id.to_string(),
        since,
        began: call.tenant.version(),
        after: None,
        issued: call.trace.seconds,
        select: query.select.iter().map(|name| short(name)).collect(),
        ids,
        minimal: false,
    })
}

/// The ids of `id eq 'a' or id eq 'b'`.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Or(left, right) => {
            let mut all = ids(left)?;
            all.extend(ids(right)?);
            Some(all)
        }
        Filter::Equals { field, value } if field == "id" => {
            let value = &value.value;
            Some(vec![value.as_str()?.to_ascii_lowercase()])
        }
        _ => None,
    }
}

/// One page, and the key after which the next begins.
fn page(call: &GraphCall, position: &Position) -> (Vec<Item>, Option<String>) {
    let Some(groups) = catalogue::by_path(GROUPS) else {
        return (Vec::new(), None);
    };
    let limit = call
        .prefer
        .page_size
        .map_or(DIRECTORY_PAGES.default, |size| {
            size.min(DIRECTORY_PAGES.max)
        });
    let wanted = |key: &str| position.ids.is_empty() || position.ids.iter().any(|id| id == key);
    let moved = |key: &str, since: u64| {
        let kept = call.tenant.entity(&MEMBERSHIPS, key);
        kept.is_some_and(|kept| kept.changed > since)
    };
    let after = position.after.as_deref();
    let is_ahead = |key: &str| after.is_none_or(|after| key > after);
    let mut rows: Vec<(String, Result<std::sync::Arc<Entity>, Gone>)> = Vec::new();
    call.tenant.with_gone(groups, |entities, removed| {
        let alive = entities.iter().filter(|(key, entity)| {
            is_ahead(key)
                && wanted(key)
                && position
                    .since
                    .is_none_or(|since| entity.changed > since || moved(key, since))
        });
        // One more than fits says whether there is another page.
        rows.extend(
            alive
                .take(limit + 1)
                .map(|(key, entity)| (key.to_string(), Ok(entity.clone()))),
        );
        if let Some(since) = position.since {
            let gone = removed
                .iter()
                .filter(|(key, gone)| is_ahead(key) && wanted(key) && gone.at > since);
            rows.extend(
                gone.take(limit + 1)
                    .map(|(key, gone)| (key.to_string(), Err(gone.clone()))),
            );
        }
    });
    rows.sort_by(|(left, _), (right, _)| left.cmp(right));
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(key, _)| key.clone()).filter(|_| more);
    let items = rows
        .into_iter()
        .map(|(_, row)| match row {
            Ok(entity) => Item::Made(shown(call, position, &entity)),
            Err(gone) => Item::Made(Map::from_iter([
                ("id".to_owned(), json!(gone.id)),
                (
                    "@removed".to_owned(),
                    json!({"reason": gone.removal.reason()}),
                ),
            ])),
        })
        .collect();
    (items, last)
}

fn shown(call: &GraphCall, position: &Position, entity: &Entity) -> Map<String, Value> {
    let mut select = position.select.clone();
    if !select.is_empty() {
        // A delta always says which group it speaks of.
        select.push("id".to_owned());
    }
    let shape = Shape {
        version: call.version,
        navigation: &[],
        detail: &[],
        hidden: &[],
        declared: None,
        select: &select,
        expand: &[],
        made: None,
    };
    let mut fields = shape.fields(entity);
    if let (true, Some(since)) = (position.minimal, position.since) {
        let moved = entity.moved_since(since);
        fields.retain(|name, _| name == "id" || moved.contains(name));
    }
    if position.select.is_empty() || position.select.iter().any(|name| name == "members") {
        let id = fields
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned();
        let members = members(call, &id, position.since);
        if !members.is_empty() {
            fields.insert("members@delta".to_owned(), Value::Array(members));
        }
    }
    fields
}

/// All members in the first round; later those who came and those who went.
fn members(call: &GraphCall, group: &str, since: Option<u64>) -> Vec<Value> {
    let kind = "#microsoft.graph.user";
    let Some(since) = since else {
        let members = call.tenant.members(group);
        return members
            .iter()
            .map(|id| json!({"@odata.type": kind, "id": id}))
            .collect();
    };
    let kept = call.tenant.entity(&MEMBERSHIPS, group);
    let kept = kept.map(|kept| kept.fields()).unwrap_or_default();
    let later = |name: &str| -> Vec<String> {
        let moved = kept.get(name).and_then(Value::as_object);
        let moved = moved.into_iter().flatten();
        moved
            .filter(|(_, at)| at.as_u64().is_some_and(|at| at > since))
            .map(|(id, _)| id.clone())
            .collect()
    };
    let joined = later("joined").into_iter();
    let left = later("left").into_iter();
    joined
        .map(|id| json!({"@odata.type": kind, "id": id}))
        .chain(
            left.map(
                |id| json!({"@odata.type": kind, "id": id, "@removed": {"reason": "deleted"}}),
            ),
        )
        .collect()
}

fn reply(call: &GraphCall, items: Vec<Item>, position: &Position, after: Option<String>) -> Reply {
    let base = format!("{}/{}/groups/delta", call.origin, call.version.name());
    let mut list = List {
        context: Some(context(call, "groups")),
        items,
        ..List::default()
    };
    let issued = call.trace.seconds;
    match after {
        Some(after) => {
            let next = Position {
                after: Some(after),
                issued,
                ..position.clone()
            };
            list.next = Some(format!("{base}?$skiptoken={}", next.write()));
        }
        None => {
            let next = Position {
                after: None,
                issued,
                ..position.clone()
            };
            list.delta = Some(format!("{base}?$deltatoken={}", next.write()));
        }
    }
    let reply = Reply::list(list);
    // Of everything there is, nothing is left out.
    if position.minimal && position.since.is_some() {
        return reply.with("preference-applied", "return=minimal");
    }
    reply
}
