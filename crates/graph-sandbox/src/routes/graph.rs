//! Answering for Graph: consent, permissions, budgets, and which part answers.

use axum::http::Method;

use super::request::GraphCall;
use super::{deleted, delta, memberships, objects, read, singletons, unknown, write};
use crate::Sandbox;
use crate::catalogue::{self, Collection, GROUPS, SERVICE_PRINCIPALS, USERS};
use crate::errors::{Family, Problem};
use crate::faults::{FaultKind, Place, Verb};
use crate::odata::{Key, ODataProblem, Query, Segment, segments};
use crate::permissions;
use crate::reply::Reply;
use crate::throttle::{Cost, IsChange};
use crate::types::{self, Type};

/// The answer to one authenticated request.
pub(super) fn answer(sandbox: &Sandbox, call: &GraphCall) -> Reply {
    let steps = match segments(&call.path) {
        Ok(steps) => unqualified(steps),
        Err(problem) => return from_odata(problem).reply(Family::Directory, &call.trace),
    };
    let family = family_of(&steps);
    serve(sandbox, call, &steps, family)
        .unwrap_or_else(|problem| problem.reply(family, &call.trace))
}

/// Functions and actions, which older clients call by their full name.
const CALLED: &[&str] = &[
    "assign",
    "checkMemberGroups",
    "checkMemberObjects",
    "delta",
    "getByIds",
    "getMemberGroups",
    "getMemberObjects",
    "restore",
    "scheduleActionsForRules",
    "setPriority",
];

/// The path with every function and action under its short name, and every type under its full one.
fn unqualified(mut steps: Vec<Segment>) -> Vec<Segment> {
    for step in &mut steps {
        // Generated clients write `graph.user` for `microsoft.graph.user`.
        let bare = step.name.strip_prefix("microsoft.graph.");
        let Some(bare) = bare.or_else(|| step.name.strip_prefix("graph.")) else {
            continue;
        };
        step.name = if CALLED.contains(&bare) {
            bare.to_owned()
        } else {
            format!("microsoft.graph.{bare}")
        };
    }
    steps
}

/// Whether a request changes something: every verb but GET does, except where POST only asks.
pub(super) fn verb(method: &Method, path: &str) -> Verb {
    let asks = ["$batch", "%24batch", "getByIds"]
        .iter()
        .chain(memberships::QUESTIONS)
        .any(|name| path.trim_end_matches('/').ends_with(name));
    match *method {
        Method::POST if asks => Verb::Reads,
        Method::POST | Method::PATCH | Method::PUT | Method::DELETE => Verb::Writes,
        _ => Verb::Reads,
    }
}

pub(super) fn family_of(steps: &[Segment]) -> Family {
    let name = |at: usize| steps.get(at).map(|step| step.name.as_str());
    match name(0) {
        Some("deviceManagement" | "deviceAppManagement") => Family::Intune,
        Some("identity") if name(1) == Some("conditionalAccess") => Family::ConditionalAccess,
        _ => Family::Directory,
    }
}

/// Where a request goes, as faults may name it.
pub(super) struct Address {
    path: String,
}

impl Address {
    pub(super) fn of(call: &GraphCall) -> Self {
        Self {
            path: format!("/{}{}", call.version.name(), call.path),
        }
    }

    pub(super) fn place<'a>(&'a self, call: &'a GraphCall) -> Place<'a> {
        Place {
            tenant_id: Some(&call.tenant.id),
            path: &self.path,
            short: &call.path,
        }
    }
}

fn serve(
    sandbox: &Sandbox,
    call: &GraphCall,
    steps: &[Segment],
    family: Family,
) -> Result<Reply, Problem> {
    let address = Address::of(call);
    let place = address.place(call);
    let faults = sandbox.faults();
    if faults.strikes(&place, &FaultKind::ConsentRevoked) {
        return Err(Problem::ConsentRevoked);
    }
    let roles = faults.narrow(&place, &call.roles);
    let narrowed;
    let call = if std::sync::Arc::ptr_eq(&roles, &call.roles) {
        call
    } else {
        narrowed = GraphCall {
            roles,
            ..call.clone()
        };
        &narrowed
    };
    let query = Query::parse(&call.query).map_err(from_odata)?;
    let units = units(steps, &query);
    let cost = Cost {
        tenant: &call.tenant.id,
        app: &call.app_id,
        family,
        units,
        is_change: match verb(&call.method, &call.path) {
            Verb::Writes => IsChange::Yes,
            Verb::Reads => IsChange::No,
        },
        users: call.tenant.user_count(),
    };
    let now = sandbox.clock().micros();
    let used = sandbox
        .throttle()
        .pay(cost, now)
        .map_err(Problem::Throttled)?;
    if family == Family::Intune && faults.strikes(&place, &FaultKind::NotLicensed) {
        return Err(Problem::NotLicensed);
    }
    let reply = dispatch(sandbox, call, steps, &query)?;
    Ok(match family {
        Family::Directory => {
            let reply = reply.with("x-ms-resource-unit", &units.to_string());
            if used > 0.8 {
                reply.with("x-ms-throttle-limit-percentage", &format!("{used:.2}"))
            } else {
                reply
            }
        }
        Family::Intune | Family::ConditionalAccess => reply,
    })
}

/// Units of the directory's budget.
fn units(steps: &[Segment], query: &Query) -> u32 {
    let is_list = steps.last().is_some_and(|step| step.key.is_none());
    let base = 1 + u32::from(is_list) + u32::from(!query.expand.is_empty());
    let saved =
        u32::from(!query.select.is_empty()) + u32::from(query.top.is_some_and(|top| top < 20));
    base.saturating_sub(saved).max(1)
}

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) collection: &'static Collection,
    pub(super) key: Option<Key>,
    /// A type that the path names: `.../microsoft.graph.iosManagedAppProtection`.
    pub(super) cast: Option<&'a str>,
    /// What follows the key, casts left out.
    pub(super) rest: Vec<&'a Segment>,
    /// A type that the path names behind the key: `/members/microsoft.graph.user`.
    pub(super) inner: Option<&'a str>,
}

fn dispatch(
    sandbox: &Sandbox,
    call: &GraphCall,
    steps: &[Segment],
    query: &Query,
) -> Result<Reply, Problem> {
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    match names.as_slice() {
        ["groups", "delta"] => {
            fits(call, GROUPS_TYPE, None, query)?;
            return delta::answer(sandbox, call, query);
        }
        ["directoryObjects" | "groups", "getByIds"] => return objects::by_ids(call, query),
        ["directoryObjects", id] => return objects::one(call, id, query),
        ["directoryObjects"] => {
            if let Some(Key::Id(id)) = steps.first().and_then(|step| step.key.as_ref()) {
                return objects::one(call, id, query);
            }
        }
        _ => {}
    }
    if let Some(answer) = deleted::answer(sandbox, call, steps, query) {
        return answer;
    }
    let Some(found) = find(steps) else {
        return singletons::answer(call, steps, query)
            .unwrap_or_else(|| unknown::answer(call, steps));
    };
    if !found.collection.versions.contains(&call.version) {
        let name = found.collection.short_name();
        return Err(Problem::UnknownSegment(name.to_owned()));
    }
    if found.rest.iter().all(|step| step.name == "$count") {
        fits(call, found.collection.kind, found.cast, query)?;
    }
    // What may be changed says itself with which permissions.
    let is_asked = [Method::GET, Method::HEAD].contains(&call.method);
    let asks = found
        .rest
        .iter()
        .any(|step| memberships::QUESTIONS.contains(&step.name.as_str()));
    if (is_asked || asks || found.collection.writes.is_none())
        && !permissions::opens(found.collection.read, &call.roles)
    {
        return Err(Problem::MissingRole(found.collection.read));
    }
    if is_asked || asks {
        identified(&found)?;
    }
    if let (Some(key), [step]) = (&found.key, found.rest.as_slice())
        && memberships::QUESTIONS.contains(&step.name.as_str())
        && [GROUPS, USERS].contains(&found.collection.path)
    {
        let entity = read::entity(call, found.collection, key)?;
        return memberships::asked(call, found.collection.path, &entity, &step.name);
    }
    match call.method {
        Method::GET | Method::HEAD => read::answer(call, &found, query),
        _ => write::answer(sandbox, call, &found),
    }
}

/// Refuses a path to an object of the directory under an id that none can have.
pub(super) fn identified(found: &Found<'_>) -> Result<(), Problem> {
    match &found.key {
        Some(Key::Id(id)) if [GROUPS, SERVICE_PRINCIPALS].contains(&found.collection.path) => {
            guid(id)
        }
        _ => Ok(()),
    }
}

/// Refuses an id that no object of the directory can have.
pub(super) fn guid(id: &str) -> Result<(), Problem> {
    match uuid::Uuid::parse_str(id) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::BadRequest(format!(
            "Invalid object identifier '{}'.",
            short(id)
        ))),
    }
}

const GROUPS_TYPE: &str = "group";

/// Refuses a query that does not fit the type it is asked of.
pub(super) fn fits(
    call: &GraphCall,
    kind: &str,
    cast: Option<&str>,
    query: &Query,
) -> Result<(), Problem> {
    match Type::named(cast.unwrap_or(kind)) {
        Some(kind) => types::check_query(query, kind, call.version),
        // Nothing is known of this type.
        None => Ok(()),
    }
}

/// The collection a path leads to, the key, and the steps after it.
fn find(steps: &[Segment]) -> Option<Found<'_>> {
    let (collection, own, mut rest) = catalogue::all().find_map(|known| {
        let depth = known.path.split('/').count();
        let (head, rest) = steps.split_at_checked(depth)?;
        let (own, folders) = head.split_last()?;
        // Graph reads the names of its resources in any case.
        let mut names = known.path.split('/').zip(head);
        let same = names.all(|(name, step)| step.name.eq_ignore_ascii_case(name));
        (same && folders.iter().all(|step| step.key.is_none())).then_some((known, own, rest))
    })?;
    let is_cast = |step: &Segment| step.name.starts_with("microsoft.graph.") && step.key.is_none();
    let mut cast = None;
    if let (None, [first, after @ ..]) = (&own.key, rest)
        && is_cast(first)
    {
        cast = Some(first.name.as_str());
        rest = after;
    }
    // The key in parentheses and the key as the next step are the same.
    let (key, rest) = match (&own.key, rest) {
        (Some(key), rest) => (Some(key.clone()), rest),
        (None, [next, after @ ..]) if next.name != "$count" => {
            (Some(Key::Id(next.name.clone())), after)
        }
        (None, rest) => (None, rest),
    };
    Some(Found {
        collection,
        key,
        cast,
        inner: rest
            .iter()
            .find(|step| is_cast(step))
            .map(|step| step.name.as_str()),
        rest: rest.iter().filter(|step| !is_cast(step)).collect(),
    })
}

pub(super) fn from_odata(problem: ODataProblem) -> Problem {
    match problem {
        ODataProblem::Malformed(message) => Problem::BadRequest(message),
        ODataProblem::Unsupported(message) => Problem::UnsupportedQuery(message),
    }
}

/// What a client sent, cut before it is repeated in an error.
pub(crate) fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}
