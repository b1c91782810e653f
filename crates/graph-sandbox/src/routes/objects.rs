//! Objects of the directory by their ids, whatever they are.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::graph::{guid, short};
use super::list::context;
use super::read;
use super::request::GraphCall;
use crate::catalogue::{self, GROUPS, SERVICE_PRINCIPALS, USERS};
use crate::errors::Problem;
use crate::odata::{Query, is_selected};
use crate::permissions;
use crate::reply::{Item, List, Reply};
use crate::state::sort_key;

/// Ids that may be asked for at once.
const MAX_IDS: usize = 1_000;

/// A kind of object: where it is kept, what it is called, and who may see it.
type Kind = (&'static str, &'static str, &'static [&'static str]);

const KINDS: &[Kind] = &[
    (GROUPS, "group", permissions::GROUPS),
    (USERS, "user", permissions::USERS),
    (
        SERVICE_PRINCIPALS,
        "servicePrincipal",
        permissions::APPLICATIONS,
    ),
];

/// The kinds that a caller may see.
fn open(call: &GraphCall) -> Result<Vec<&'static Kind>, Problem> {
    let kinds = KINDS
        .iter()
        .filter(|(_, _, roles)| permissions::opens(roles, &call.roles));
    let kinds: Vec<_> = kinds.collect();
    if kinds.is_empty() {
        return Err(Problem::MissingRole(permissions::DIRECTORY));
    }
    Ok(kinds)
}

fn object(
    call: &GraphCall,
    kinds: &[&Kind],
    id: &str,
    query: &Query,
) -> Option<Map<String, Value>> {
    let key = sort_key(id);
    let (found, kind) = kinds.iter().find_map(|(path, kind, _)| {
        let collection = catalogue::by_path(path)?;
        let found = read::with(call, collection, |entities| {
            entities.get(key.as_str()).cloned()
        });
        Some((found?, kind))
    })?;
    let mut fields = found.fields();
    fields.insert(
        "@odata.type".to_owned(),
        json!(format!("#microsoft.graph.{kind}")),
    );
    fields.retain(|name, _| is_selected(name, &query.select));
    Some(fields)
}

/// `GET /directoryObjects/{id}`.
pub(super) fn one(call: &GraphCall, id: &str, query: &Query) -> Result<Reply, Problem> {
    if ![Method::GET, Method::HEAD].contains(&call.method) {
        return Err(Problem::MethodNotAllowed);
    }
    let kinds = open(call)?;
    guid(id)?;
    let found = object(call, &kinds, id, query).ok_or_else(|| Problem::NotFound(short(id)))?;
    let context = context(call, "directoryObjects/$entity");
    Ok(read::with_context(StatusCode::OK, &context, found))
}

/// `POST /directoryObjects/getByIds`: those that exist, in one answer; the others are passed over.
pub(super) fn by_ids(call: &GraphCall, query: &Query) -> Result<Reply, Problem> {
    if call.method != Method::POST {
        return Err(Problem::MethodNotAllowed);
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|_| Problem::Unreadable)?;
    let texts = |name: &str| -> Option<Vec<String>> {
        let items = body.get(name)?.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let ids = texts("ids").ok_or_else(|| {
        Problem::BadRequest("The parameter 'ids' must be a list of strings.".to_owned())
    })?;
    if ids.len() > MAX_IDS {
        return Err(Problem::BadRequest(format!(
            "At most {MAX_IDS} ids may be asked for."
        )));
    }
    if ids.iter().any(|id| uuid::Uuid::parse_str(id).is_err()) {
        return Err(Problem::BadRequest("Invalid GUID specified.".to_owned()));
    }
    let types = texts("types").filter(|types| !types.is_empty());
    let mut kinds = open(call)?;
    kinds.retain(|(_, kind, _)| {
        let types = types.as_ref();
        types.is_none_or(|types| {
            let is = |own: &String| own.eq_ignore_ascii_case(kind) || own == "directoryObject";
            types.iter().any(is)
        })
    });
    let items = ids.iter().filter_map(|id| object(call, &kinds, id, query));
    Ok(Reply::list(List {
        context: Some(context(call, "directoryObjects")),
        items: items.map(Item::Made).collect(),
        ..List::default()
    }))
}
