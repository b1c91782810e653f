//! Changing things: leave, approval, checks, the change itself, and what is answered.

mod access;
mod actions;
mod approval;
mod assign;
mod body;
mod groups;
mod lists;
mod objects;
mod rules;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::graph::{Found, identified, short};
use super::request::GraphCall;
use super::{directory, owners};
use crate::Sandbox;
use crate::catalogue::{Assign, Collection, GROUPS, Rules, Writes};
use crate::errors::Problem;
use crate::journal::WriteEffect;
use crate::odata::{Key, Segment};
use crate::permissions;
use crate::reply::Reply;
use crate::state::Writing;
use crate::types::{self, Type};

use approval::Leave;
pub(super) use approval::set_status as set_approval;

/// A change that may be made: whose, of what, by which rules.
struct Change<'a> {
    sandbox: &'a Sandbox,
    call: &'a GraphCall,
    collection: &'static Collection,
    writes: &'static Writes,
    leave: Leave,
}

pub(super) fn answer(
    sandbox: &Sandbox,
    call: &GraphCall,
    found: &Found<'_>,
) -> Result<Reply, Problem> {
    let collection = found.collection;
    let writes = collection.writes.ok_or(Problem::MethodNotAllowed)?;
    let change = Change {
        sandbox,
        call,
        collection,
        writes,
        leave: Leave::Free,
    };
    let step = Step::of(writes, collection, &call.method, found)?;
    for roles in step.roles(writes) {
        if !permissions::opens(roles, &call.roles) {
            return Err(Problem::MissingRole(roles));
        }
    }
    identified(found)?;
    if writes.rules == Rules::Enrollment && !sandbox.allows_enrollment_writes() {
        return Err(Problem::Forbidden(
            "Tenant is not Global Admin or Intune Service Admin. Operation is restricted."
                .to_owned(),
        ));
    }
    let leave = approval::check(&change)?;
    Change { leave, ..change }.make(&step)
}

/// What a change does.
enum Step {
    Create,
    Update(String),
    Delete(String),
    AssignAll(String),
    AssignOne(String),
    Unassign(String, String),
    SetPriority(String),
    ScheduleActions(String),
    AddMessage(String),
    ChangeMessage(String, String),
    DeleteMessage(String, String),
    Members(String, Vec<Segment>),
}

impl Step {
    fn of(
        writes: &Writes,
        collection: &Collection,
        method: &Method,
        found: &Found<'_>,
    ) -> Result<Self, Problem> {
        let id = match &found.key {
            None if found.rest.is_empty() && *method == Method::POST => return Ok(Self::Create),
            None => return Err(Problem::MethodNotAllowed),
            Some(Key::Id(id)) => id.clone(),
            Some(Key::Alternate { name, value }) if name == "id" => value.clone(),
            Some(Key::Alternate { .. }) => {
                let message = "An object is changed under its id.".to_owned();
                return Err(Problem::BadRequest(message));
            }
        };
        if collection.path == GROUPS
            && found
                .rest
                .first()
                .is_some_and(|step| ["members", "owners"].contains(&step.name.as_str()))
        {
            let rest = found.rest.iter().map(|step| (*step).clone()).collect();
            return Ok(Self::Members(id, rest));
        }
        let names: Vec<&str> = found.rest.iter().map(|step| step.name.as_str()).collect();
        // `assignments('id')` is `assignments/id`.
        let inner = match found.rest.last().and_then(|step| step.key.as_ref()) {
            Some(Key::Id(id) | Key::Alternate { value: id, .. }) => Some(id.clone()),
            None => None,
        };
        let is_update = writes.update.verb.takes(method);
        Ok(match (method.as_str(), names.as_slice(), writes.assign) {
            (_, [], _) if is_update => Self::Update(id),
            ("DELETE", [], _) => Self::Delete(id),
            ("POST", ["assign"], Assign::All { .. }) => Self::AssignAll(id),
            ("POST", ["assignments"], Assign::OneByOne) => Self::AssignOne(id),
            ("DELETE", ["assignments", own], Assign::OneByOne) => {
                Self::Unassign(id, (*own).to_owned())
            }
            ("DELETE", ["assignments"], Assign::OneByOne) => {
                Self::Unassign(id, inner.ok_or(Problem::MethodNotAllowed)?)
            }
            ("POST", ["setPriority"], _) if writes.rules == Rules::Enrollment => {
                Self::SetPriority(id)
            }
            ("POST", ["scheduleActionsForRules"], _) if writes.rules == Rules::Compliance => {
                Self::ScheduleActions(id)
            }
            (method, ["localizedNotificationMessages", rest @ ..], _)
                if writes.rules == Rules::Notification =>
            {
                let own = rest.first().map(|own| (*own).to_owned()).or(inner);
                match (method, own) {
                    ("POST", None) => Self::AddMessage(id),
                    ("PATCH", Some(own)) => Self::ChangeMessage(id, own),
                    ("DELETE", Some(own)) => Self::DeleteMessage(id, own),
                    _ => return Err(Problem::MethodNotAllowed),
                }
            }
            _ => return Err(Problem::MethodNotAllowed),
        })
    }
}

/// Whether a path below a group leads to its owners, and not to its members.
fn is_of_owners(rest: &[Segment]) -> bool {
    rest.first().is_some_and(|step| step.name == "owners")
}

impl Step {
    /// One of each of these is needed; groups are documented step by step.
    fn roles(&self, writes: &Writes) -> &'static [&'static [&'static str]] {
        match self {
            Self::Members(_, rest) if is_of_owners(rest) => &[permissions::GROUPS_WRITE],
            Self::Members(..) => &[permissions::MEMBERS_WRITE],
            Self::Create if writes.rules == Rules::Group => &[permissions::GROUPS_CREATE],
            Self::Delete(_) if writes.rules == Rules::Group => &[permissions::GROUPS_DELETE],
            Self::Create | Self::Update(_) => writes.roles,
            // Who only deletes need not know the applications that a policy names.
            Self::Delete(_) if writes.rules == Rules::AccessPolicy => {
                &[permissions::POLICIES, permissions::ACCESS_WRITE]
            }
            _ => writes.roles,
        }
    }
}

impl Change<'_> {
    fn make(&self, step: &Step) -> Result<Reply, Problem> {
        match step {
            Step::Create => objects::create(self),
            Step::Update(id) => objects::update(self, id),
            Step::Delete(id) => objects::delete(self, id),
            Step::AssignAll(id) => assign::replace(self, id),
            Step::AssignOne(id) => assign::add(self, id),
            Step::Unassign(id, own) => assign::remove(self, id, own),
            Step::SetPriority(id) => actions::set_priority(self, id),
            Step::ScheduleActions(id) => actions::schedule(self, id),
            Step::AddMessage(id) => actions::add_message(self, id),
            Step::ChangeMessage(id, own) => actions::change_message(self, id, own),
            Step::DeleteMessage(id, own) => actions::delete_message(self, id, own),
            Step::Members(id, steps) => {
                let rest: Vec<_> = steps.iter().collect();
                let reply = if is_of_owners(steps) {
                    owners::change(self.call, self.collection, id, &rest)?
                } else {
                    directory::change_members(self.call, self.collection, id, &rest)?
                };
                self.wrote(WriteEffect::Applied);
                Ok(reply)
            }
        }
    }

    /// Begins the change, with the approval that it needs as a part of it.
    ///
    /// Whoever begins commits, also when nothing else is to change: an approval is used up by the change
    /// that it allows, whether that moves anything or not.
    fn writing(&self) -> Result<Writing<'_>, Problem> {
        let mut writing = self.call.tenant.writing();
        if let Leave::With(code) = &self.leave {
            approval::use_up(self, &mut writing, code)?;
        }
        Ok(writing)
    }

    /// Says in the journal what became of the change.
    fn wrote(&self, effect: WriteEffect) {
        self.sandbox.journal().wrote(self.call.seq, effect);
    }

    fn now(&self) -> i64 {
        self.call.trace.seconds
    }

    fn not_found(&self, id: &str) -> Problem {
        Problem::NotFound(short(id))
    }

    fn status(&self, codes: crate::catalogue::Codes) -> StatusCode {
        StatusCode::from_u16(codes.pick(self.sandbox.status_codes())).unwrap_or(StatusCode::OK)
    }

    fn body(&self) -> Result<Map<String, Value>, Problem> {
        body::object(&self.call.body)
    }

    /// Refuses a body that is no object of the collection; an object that exists has a type already.
    fn fits(&self, fields: &Map<String, Value>, own: Option<&str>) -> Result<(), Problem> {
        match Type::named(self.collection.kind) {
            Some(kind) => types::check_body(fields, kind, own, self.call.version),
            None => Ok(()),
        }
    }
}
