//! What is not in the catalogue: emptiness where tools look around, else an error.

use axum::http::Method;

use super::graph::{family_of, short};
use super::list::context;
use super::request::GraphCall;
use crate::catalogue::{EMPTY, EMPTY_BELOW};
use crate::errors::{Family, Problem};
use crate::odata::Segment;
use crate::permissions;
use crate::reply::{List, Reply};

pub(super) fn answer(call: &GraphCall, steps: &[Segment]) -> Result<Reply, Problem> {
    let first = steps.first().map_or("", |step| step.name.as_str());
    let unknown = || Problem::UnknownSegment(short(first));
    if first == "me" {
        let message = "/me request is only valid with delegated authentication flow.";
        return Err(Problem::NobodySignedIn(message));
    }
    let is_set = EMPTY.contains(&first);
    if !is_set && (!EMPTY_BELOW.contains(&first) || steps.len() < 2) {
        return Err(unknown());
    }
    let opens = |needed| permissions::opens(needed, &call.roles);
    let (opened, needed) = match (family_of(steps), first) {
        (Family::Intune, _) => (
            permissions::any_intune(&call.roles),
            permissions::CONFIGURATION,
        ),
        (_, "roleManagement") => (
            opens(permissions::ROLE_DEFINITIONS) || opens(permissions::RBAC),
            permissions::ROLE_DEFINITIONS,
        ),
        (_, "directory") => (opens(permissions::DIRECTORY), permissions::DIRECTORY),
        _ if is_set => (opens(permissions::GROUPS), permissions::GROUPS),
        (Family::Directory | Family::ConditionalAccess, _) => {
            (permissions::any_policy(&call.roles), permissions::POLICIES)
        }
    };
    if !opened {
        return Err(Problem::MissingRole(needed));
    }
    if call.method != Method::GET {
        return Err(Problem::MethodNotAllowed);
    }
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    match steps.last() {
        Some(last) if last.name == "$count" => Ok(Reply::text("0".to_owned())),
        // Nothing is in an unknown collection, so no key leads anywhere.
        _ if steps
            .iter()
            .any(|step| step.key.is_some() || looks_like_id(&step.name)) =>
        {
            Err(Problem::NotFound(short(&names.join("/"))))
        }
        _ => Ok(Reply::list(List {
            context: Some(context(call, &names.join("/"))),
            ..List::default()
        })),
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
