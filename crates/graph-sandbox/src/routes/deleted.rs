//! What was deleted and can be restored: looked at, brought back, or deleted for good.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::graph::short;
use super::list::context;
use super::read;
use super::request::GraphCall;
use crate::catalogue::{self, Binned, DELETED_ITEMS, Purge};
use crate::errors::Problem;
use crate::journal::WriteEffect;
use crate::odata::{Key, Query, Segment};
use crate::permissions;
use crate::reply::Reply;
use crate::state::{Entity, Removal, Tenant, Writing};
use crate::{Sandbox, clock};

/// For how long something can be restored.
const KEPT: i64 = 30 * 86_400;

/// When an object was deleted.
const WHEN: &str = "deletedDateTime";

/// Takes an object away, into its bin where it has one.
pub(super) fn take_away(
    writing: &mut Writing<'_>,
    collection: &'static catalogue::Collection,
    entity: &Entity,
    id: &str,
    now: i64,
) {
    let own = catalogue::binned().find(|known| known.home.path == collection.path);
    if let Some(own) = own.filter(|_| can_be_restored(collection, entity)) {
        let mut fields = entity.whole();
        fields.insert(WHEN.to_owned(), json!(clock::iso_seconds(now)));
        writing.put(own.deleted, id, fields);
        writing.remove(collection, id, Removal::Soft);
        return;
    }
    if let Some(own) = catalogue::binned().find(|known| known.deleted.path == collection.path) {
        // Out of the bin it is gone for good, which a delta says of where it was.
        writing.remove(own.home, id, Removal::Hard);
    }
    writing.remove(collection, id, Removal::Hard);
}

/// Of groups, security groups and those of Microsoft 365 are kept; what is only a distribution list is not.
fn can_be_restored(collection: &catalogue::Collection, entity: &Entity) -> bool {
    if collection.path != catalogue::GROUPS {
        return true;
    }
    let fields = entity.fields();
    let types = fields.get("groupTypes").and_then(Value::as_array);
    let is_unified = types.is_some_and(|types| types.iter().any(|kind| kind == "Unified"));
    let has_mail = fields.get("mailEnabled") == Some(&Value::Bool(true));
    is_unified || !has_mail
}

/// Lets go of what has been kept for long enough.
pub(super) fn let_go(tenant: &Tenant, now: i64) -> Result<(), Problem> {
    let limit = clock::iso_seconds(now - KEPT);
    let is_over = |entity: &Entity| {
        let fields = entity.fields();
        let when = fields.get(WHEN).and_then(Value::as_str);
        when.is_some_and(|when| *when < *limit)
    };
    let over = |known: &Binned| -> Vec<String> {
        tenant.with(known.deleted, |entities| {
            let over = entities.iter().filter(|(_, entity)| is_over(entity));
            over.map(|(key, _)| key.to_string()).collect()
        })
    };
    if catalogue::binned().all(|known| over(&known).is_empty()) {
        return Ok(());
    }
    let mut writing = tenant.writing();
    for known in catalogue::binned() {
        for id in over(&known) {
            writing.remove(known.deleted, &id, Removal::Hard);
            writing.remove(known.home, &id, Removal::Hard);
        }
    }
    writing.commit().map_err(|_| Problem::Unsaved)
}

/// What a path below a bin asks for.
struct Asked {
    known: Binned,
    id: String,
    restores: bool,
}

/// Answers what is asked of one deleted object; `None` where the path leads elsewhere, or to a list.
pub(super) fn answer(
    sandbox: &Sandbox,
    call: &GraphCall,
    steps: &[Segment],
    query: &Query,
) -> Option<Result<Reply, Problem>> {
    let (bins, rest) = bins(steps)?;
    if let Err(problem) = let_go(&call.tenant, call.trace.seconds) {
        return Some(Err(problem));
    }
    let (id, rest) = match rest.as_slice() {
        [] if bins.len() == 1 => return None,
        [] => {
            let message = "The type of the deleted objects has to stand in the path.".to_owned();
            return Some(Err(Problem::BadRequest(message)));
        }
        [step, ..] if step.name == "$count" => return None,
        [step, rest @ ..] => (step.name.clone(), rest),
    };
    Some(found(&bins, call, &id).and_then(|known| {
        let restores = match rest {
            [] => false,
            [step] if is_named(step, "restore") => true,
            [step] if is_type(step, known.bin.kind) => false,
            [step, ..] => return Err(Problem::UnknownSegment(short(&step.name))),
        };
        let asked = Asked {
            known,
            id,
            restores,
        };
        asked.answer(sandbox, call, query)
    }))
}

/// The bins that a path may mean, and the steps behind.
///
/// Of the directory's an object is found with the name of its type and without.
fn bins(steps: &[Segment]) -> Option<(Vec<Binned>, Vec<Segment>)> {
    let steps = unfolded(steps);
    let below = |path: &str| {
        let depth = path.split('/').count();
        let (head, rest) = steps.split_at_checked(depth)?;
        let mut names = path.split('/').zip(head);
        names
            .all(|(name, step)| is_named(step, name))
            .then(|| rest.to_vec())
    };
    let own = catalogue::binned().find_map(|known| Some((vec![known], below(known.bin.path)?)));
    own.or_else(|| {
        let rest = below(DELETED_ITEMS)?;
        // A type of which nothing can be in a bin has an empty list.
        if rest
            .first()
            .is_some_and(|step| step.name.starts_with("microsoft.graph."))
        {
            return None;
        }
        let all = catalogue::binned().filter(|known| known.bin.path.starts_with(DELETED_ITEMS));
        Some((all.collect(), rest))
    })
}

/// `deletedItems('id')` is `deletedItems/id`.
fn unfolded(steps: &[Segment]) -> Vec<Segment> {
    let plain = |name: &str| Segment {
        name: name.to_owned(),
        key: None,
    };
    let parts = steps.iter().flat_map(|step| {
        let key = match &step.key {
            Some(Key::Id(id) | Key::Alternate { value: id, .. }) => Some(plain(id)),
            None => None,
        };
        [Some(plain(&step.name)), key]
    });
    parts.flatten().collect()
}

fn is_named(step: &Segment, name: &str) -> bool {
    step.name.eq_ignore_ascii_case(name)
}

fn is_type(step: &Segment, kind: &str) -> bool {
    is_named(step, kind.trim_start_matches('#'))
}

/// The bin that an object is in; where nobody may look, nothing is said about what is there.
fn found(bins: &[Binned], call: &GraphCall, id: &str) -> Result<Binned, Problem> {
    let opens = |known: &Binned| permissions::opens(known.deleted.read, &call.roles);
    if !bins.iter().any(opens) {
        let needed = bins
            .first()
            .map_or(permissions::DIRECTORY, |known| known.deleted.read);
        return Err(Problem::MissingRole(needed));
    }
    let mut open = bins.iter().filter(|known| opens(known));
    let own = open.find(|known| call.tenant.entity(known.deleted, id).is_some());
    own.copied().ok_or_else(|| Problem::NotFound(short(id)))
}

impl Asked {
    fn answer(&self, sandbox: &Sandbox, call: &GraphCall, query: &Query) -> Result<Reply, Problem> {
        match (&call.method, self.restores) {
            (&Method::GET, false) => {
                let key = Key::Id(self.id.clone());
                let entity = read::entity(call, self.known.deleted, &key)?;
                Ok(read::one(call, self.known.deleted, &entity, query))
            }
            (&Method::POST, true) => self.restore(sandbox, call),
            (&Method::DELETE, false) => self.purge(sandbox, call),
            _ => Err(Problem::MethodNotAllowed),
        }
    }

    fn check(&self, call: &GraphCall) -> Result<(), Problem> {
        for roles in self.known.bin.roles {
            if !permissions::opens(roles, &call.roles) {
                return Err(Problem::MissingRole(roles));
            }
        }
        Ok(())
    }

    fn restore(&self, sandbox: &Sandbox, call: &GraphCall) -> Result<Reply, Problem> {
        self.check(call)?;
        let mut writing = call.tenant.writing();
        let mut fields = self.kept(&writing)?;
        fields.insert(WHEN.to_owned(), Value::Null);
        writing.put(self.known.home, &self.id, fields.clone());
        writing.remove(self.known.deleted, &self.id, Removal::Hard);
        writing.commit().map_err(|_| Problem::Unsaved)?;
        sandbox.journal().wrote(call.seq, WriteEffect::Applied);
        let mut shown = Entity::of(self.known.home, fields, 0).fields();
        let bin = self.known.bin;
        let name = if bin.path.starts_with(DELETED_ITEMS) {
            shown.insert("@odata.type".to_owned(), json!(bin.kind));
            "directoryObjects/$entity"
        } else {
            bin.kind.trim_start_matches('#')
        };
        Ok(read::with_context(
            StatusCode::OK,
            &context(call, name),
            shown,
        ))
    }

    fn purge(&self, sandbox: &Sandbox, call: &GraphCall) -> Result<Reply, Problem> {
        self.check(call)?;
        if self.known.bin.purge == Purge::ByPeopleAlone {
            // No permission of an application is enough.
            return Err(Problem::MissingRole(&[]));
        }
        let mut writing = call.tenant.writing();
        self.kept(&writing)?;
        writing.remove(self.known.deleted, &self.id, Removal::Hard);
        writing.remove(self.known.home, &self.id, Removal::Hard);
        writing.commit().map_err(|_| Problem::Unsaved)?;
        sandbox.journal().wrote(call.seq, WriteEffect::Applied);
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }

    /// The object as it is in the bin, now that nobody else changes anything.
    fn kept(&self, writing: &Writing<'_>) -> Result<Map<String, Value>, Problem> {
        let entity = writing.entity(self.known.deleted, &self.id);
        let entity = entity.ok_or_else(|| Problem::NotFound(short(&self.id)))?;
        Ok(entity.whole())
    }
}
