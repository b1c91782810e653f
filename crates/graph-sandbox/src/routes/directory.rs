//! Members of groups, and objects of the directory by their ids.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::graph::short;
use super::list::Listing;
use super::memberships::{Reach, above};
use super::owners;
use super::request::GraphCall;
use crate::catalogue::{self, Collection, DIRECTORY_PAGES, GROUPS, MEMBERSHIPS, USERS};
use crate::errors::{Family, Problem};
use crate::odata::{Query, Segment};
use crate::reply::Reply;
use crate::state::{Entity, Tenant, Writing, keyed};

/// Objects that `$expand` shows at most.
const MAX_EXPANDED: usize = 20;

/// One object with its type, as lists of mixed types show it.
pub(super) fn typed(
    tenant: &Tenant,
    store: &'static str,
    kind: &str,
    id: &str,
) -> Option<Map<String, Value>> {
    let collection = catalogue::by_path(store)?;
    let mut fields = tenant.entity(collection, id)?.fields();
    fields.insert(
        "@odata.type".to_owned(),
        json!(format!("#microsoft.graph.{kind}")),
    );
    Some(fields)
}

fn member_objects(tenant: &Tenant, group: &str) -> Vec<Value> {
    let members = tenant.members(group);
    let objects = members.iter().filter_map(|id| {
        typed(tenant, USERS, "user", id).or_else(|| typed(tenant, GROUPS, "group", id))
    });
    objects.map(Value::Object).collect()
}

fn id_of(entity: &Entity) -> String {
    let id = entity.fields().remove("id");
    id.and_then(|id| id.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// What `$expand` shows of a group or a person.
pub(super) fn expanded(tenant: &Tenant, path: &str, name: &str, entity: &Entity) -> Option<Value> {
    match name {
        "members" if path == GROUPS => {
            let mut members = member_objects(tenant, &id_of(entity));
            members.truncate(MAX_EXPANDED);
            Some(Value::Array(members))
        }
        "owners" if path == GROUPS => {
            let mut owners = owners::objects(tenant, &id_of(entity));
            owners.truncate(MAX_EXPANDED);
            Some(Value::Array(owners))
        }
        "memberOf" => {
            let mut groups = above(tenant, path, &id_of(entity), Reach::Direct);
            groups.truncate(MAX_EXPANDED);
            Some(Value::Array(groups))
        }
        _ => None,
    }
}

/// Who is in a group, in one of their roles, or the groups that somebody is in.
pub(super) struct People<'a> {
    /// The path of the collection: groups or users.
    pub(super) path: &'static str,
    /// The group, or the person.
    pub(super) group: &'a Entity,
    /// `members`, `transitiveMembers`, `owners`, `memberOf` or `transitiveMemberOf`.
    pub(super) name: &'a str,
    /// The one type that is asked for.
    pub(super) kind: Option<&'a str>,
}

/// Whether a collection of an object holds others of the directory.
pub(super) fn is_people(path: &str, name: &str) -> bool {
    let above = ["memberOf", "transitiveMemberOf"];
    match path {
        GROUPS => {
            above.contains(&name) || ["members", "transitiveMembers", "owners"].contains(&name)
        }
        USERS => above.contains(&name),
        _ => false,
    }
}

impl People<'_> {
    fn objects(&self, tenant: &Tenant) -> Vec<Value> {
        let id = id_of(self.group);
        let mut objects = match self.name {
            "owners" => owners::objects(tenant, &id),
            "transitiveMembers" => all_members(tenant, &id),
            "memberOf" => above(tenant, self.path, &id, Reach::Direct),
            "transitiveMemberOf" => above(tenant, self.path, &id, Reach::All),
            _ => member_objects(tenant, &id),
        };
        if let Some(kind) = self.kind {
            let is_meant = |object: &Value| {
                let own = object.get("@odata.type").and_then(Value::as_str);
                own.is_some_and(|own| own.trim_start_matches('#').eq_ignore_ascii_case(kind))
            };
            objects.retain(is_meant);
        }
        objects
    }
}

/// The members, and the members of groups among them, each once.
fn all_members(tenant: &Tenant, group: &str) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::from([group.to_ascii_lowercase()]);
    let mut left = vec![group.to_owned()];
    let mut all = Vec::new();
    while let Some(next) = left.pop() {
        for object in member_objects(tenant, &next) {
            let id = object.get("id").and_then(Value::as_str).unwrap_or("");
            if seen.insert(id.to_ascii_lowercase()) {
                left.push(id.to_owned());
                all.push(object);
            }
        }
    }
    all
}

/// `GET /groups/{id}/members`, `/members/$ref`, `/members/$count`, and the same of other people.
pub(super) fn people(
    call: &GraphCall,
    people: &People<'_>,
    rest: &[&Segment],
    query: &Query,
) -> Result<Reply, Problem> {
    let id = id_of(people.group);
    let mut objects = people.objects(&call.tenant);
    let only_references = rest.first().is_some_and(|step| step.name == "$ref");
    if only_references {
        for object in &mut objects {
            let own = object.get("id").and_then(Value::as_str).unwrap_or("");
            let address = format!(
                "{}/{}/directoryObjects/{own}",
                call.origin,
                call.version.name()
            );
            *object = json!({"id": own, "@odata.id": address});
        }
    }
    let name = format!("{}('{id}')/{}", people.path, people.name);
    let listing = Listing {
        name: &name,
        family: Family::Directory,
        paging: DIRECTORY_PAGES,
        navigation: &[],
        hidden: &[],
        declared: None,
        admits: None,
        made: None,
    };
    let rest = if only_references { &[] } else { rest };
    listing.answer(call, &keyed(&MEMBERSHIPS, objects), query, rest)
}

/// `POST /groups/{id}/members/$ref` and `DELETE /groups/{id}/members/{id}/$ref`.
pub(super) fn change_members(
    call: &GraphCall,
    groups: &'static Collection,
    group: &str,
    rest: &[&Segment],
) -> Result<Reply, Problem> {
    let names: Vec<_> = rest.iter().map(|step| step.name.as_str()).collect();
    let mut writing = call.tenant.writing();
    let entity = writing
        .entity(groups, group)
        .ok_or_else(|| Problem::NotFound(short(group)))?;
    let fields = entity.fields();
    if fields.get("membershipRule").is_some_and(Value::is_string) {
        return Err(Problem::BadRequest(
            "Insufficient privileges to update the membership of a dynamic group.".to_owned(),
        ));
    }
    let mut members = writing.tenant().members(group);
    let kept = writing.entity(&MEMBERSHIPS, group);
    let mut moved = kept.map(|kept| kept.fields()).unwrap_or_default();
    let version = writing.next_version();
    let (id, what) = match (&call.method, names.as_slice()) {
        (&Method::POST, ["members", "$ref"]) => {
            let id = referenced(&call.body)?;
            let exists = typed(&call.tenant, USERS, "user", &id).is_some()
                || typed(&call.tenant, GROUPS, "group", &id).is_some();
            if !exists {
                return Err(Problem::NotFound(short(&id)));
            }
            if !members.insert(id.clone()) {
                return Err(already("members"));
            }
            (id, "joined")
        }
        (&Method::DELETE, ["members", id, "$ref"]) => {
            let id = id.to_ascii_lowercase();
            if !members.remove(&id) {
                return Err(Problem::NotFound(short(&id)));
            }
            (id, "left")
        }
        _ => return Err(Problem::MethodNotAllowed),
    };
    for (name, value) in [("joined", what == "joined"), ("left", what == "left")] {
        let slot = moved.entry(name).or_insert_with(|| json!({}));
        if let Some(slot) = slot.as_object_mut() {
            slot.remove(&id);
            if value {
                slot.insert(id.clone(), json!(version));
            }
        }
    }
    moved.insert("members".to_owned(), json!(members));
    writing.put(&MEMBERSHIPS, group, moved);
    writing.commit().map_err(|_| Problem::Unsaved)?;
    Ok(Reply::empty(axum::http::StatusCode::NO_CONTENT))
}

/// Members that one change may add at most.
const MAX_BOUND: usize = 20;

/// The ids that a body names for a collection: `members@odata.bind`.
pub(super) fn bound(body: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, Problem> {
    let Some(bound) = body.get(&format!("{name}@odata.bind")) else {
        return Ok(None);
    };
    let addresses: Option<Vec<&str>> = bound
        .as_array()
        .and_then(|all| all.iter().map(Value::as_str).collect());
    let addresses = addresses.ok_or_else(|| {
        Problem::BadRequest(format!("'{name}@odata.bind' must be a list of addresses."))
    })?;
    if addresses.len() > MAX_BOUND {
        return Err(Problem::BadRequest(format!(
            "A change may add {MAX_BOUND} {name} at most."
        )));
    }
    let ids = addresses
        .into_iter()
        .map(|address| id_at_the_end(Some(address)));
    ids.collect::<Result<_, _>>().map(Some)
}

/// Puts the members into a group that its body names: `members@odata.bind`. Says whether there were any.
pub(super) fn bind_members(
    writing: &mut Writing<'_>,
    group: &str,
    body: &Map<String, Value>,
) -> Result<bool, Problem> {
    let Some(ids) = bound(body, "members")? else {
        return Ok(false);
    };
    let version = json!(writing.next_version());
    let before = writing.tenant().members(group);
    let kept = writing.entity(&MEMBERSHIPS, group);
    let mut moved = kept.map(|kept| kept.fields()).unwrap_or_default();
    let mut members = before.clone();
    for id in ids {
        let tenant = writing.tenant();
        let exists = typed(tenant, USERS, "user", &id).is_some()
            || typed(tenant, GROUPS, "group", &id).is_some();
        if !exists {
            return Err(Problem::NotFound(short(&id)));
        }
        if before.contains(&id) {
            return Err(already("members"));
        }
        for (name, value) in [("joined", Some(&version)), ("left", None)] {
            let slot = moved.entry(name).or_insert_with(|| json!({}));
            match (slot.as_object_mut(), value) {
                (Some(slot), Some(version)) => slot.insert(id.clone(), version.clone()),
                (Some(slot), None) => slot.remove(&id),
                (None, _) => None,
            };
        }
        members.insert(id);
    }
    moved.entry("joined").or_insert_with(|| json!({}));
    moved.entry("left").or_insert_with(|| json!({}));
    moved.insert("members".to_owned(), json!(members));
    writing.put(&MEMBERSHIPS, group, moved);
    Ok(true)
}

/// What is said of somebody who is in the collection already.
pub(super) fn already(name: &str) -> Problem {
    Problem::BadRequest(format!(
        "One or more added object references already exist for the following modified \
         properties: '{name}'."
    ))
}

/// The id at the end of the `@odata.id` of a body.
pub(super) fn referenced(body: &[u8]) -> Result<String, Problem> {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let address = body
        .as_ref()
        .and_then(|body| body.get("@odata.id")?.as_str());
    id_at_the_end(address)
}

fn id_at_the_end(address: Option<&str>) -> Result<String, Problem> {
    let id = address.and_then(|address| address.rsplit('/').next());
    let id = id.filter(|id| uuid::Uuid::parse_str(id).is_ok());
    id.map(str::to_ascii_lowercase).ok_or_else(|| {
        Problem::BadRequest("The property '@odata.id' must be the address of an object.".to_owned())
    })
}
