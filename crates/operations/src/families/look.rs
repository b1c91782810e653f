//! What a change is about, read at the provider: before it, and again when its answer was lost.
//!
//! A field or a set of assignments is there, as it was, or neither. Where assignments are made one by one, each is
//! there or not, whatever the others are. Fields that an object keeps as a collection of its own are read from
//! there. An object that was to come to be has no id to
//! look under: it is the one namesake that was not there before and that reads back as it was sent. That none has
//! come is no proof that none will, since a gateway gives up sooner than the service behind it; so a creation whose
//! answer was lost is looked for some seconds long, and found, or it is a question to a person; it is never sent again.

use std::time::{Duration, Instant};

use graph::{AssignmentSet, Contract, GraphError, PageCursor};
use serde_json::{Map, Value};
use store::{Intent, IntentEnd};
use tokio::time::sleep;

use super::{
    Halt, WorkContext,
    compare::{Newcomer, hash_of, hash_of_ids, hash_of_new, hash_of_one, hash_of_set, newcomer},
    provider::reason_of,
};

/// The name of the collection of an object's assignments, and of what changes when they are set.
pub(super) const ASSIGNMENTS: &str = "assignments";

/// How an assignment stands that is not there; no hash of one is this.
pub(super) const NOT_ASSIGNED: [u8; 32] = [0; 32];

/// The reason of a creation whose answer was lost, and of which nothing is to be seen.
const NOT_SEEN: &str = "provider_creation_not_seen";
/// How long a run waits between two looks for an object that it may have made.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// What is compared.
pub(super) enum Subject<'a> {
    /// Fields of an object.
    Fields {
        /// Its id.
        id: &'a str,
        /// Which fields.
        names: Vec<&'a str>,
    },
    /// To whom an object is assigned.
    Assignments {
        /// Its id.
        id: &'a str,
    },
    /// That an object is assigned to somebody, beside whomever else.
    Assignment {
        /// Its id.
        id: &'a str,
        /// The assignment, as a hash.
        wanted: [u8; 32],
    },
    /// That an object came to be.
    Creation {
        /// What it is called.
        label: &'a str,
        /// The fields that were sent.
        names: Vec<&'a str>,
    },
}

/// How a subject stands.
pub(super) struct Standing {
    pub(super) hash: [u8; 32],
    /// The type of the object, for the change that names it again, in its body or in its address.
    pub(super) odata_type: Option<Value>,
    /// The id of the one assignment that is meant, where it is there.
    pub(super) assignment: Option<String>,
}

/// What a look found after a change whose answer was lost.
pub(super) enum Found {
    AsIntended,
    AsBefore,
    /// Neither of both, or nothing could be read; with the reason as a code.
    Else(&'static str),
}

impl<'a> Subject<'a> {
    /// What an intent of an earlier attempt was about.
    ///
    /// No update holds a field called `assignments`, so the name tells the two apart.
    pub(super) fn of(contract: &Contract, intent: &'a Intent) -> Self {
        let names: Vec<&str> = intent.fields.iter().map(String::as_str).collect();
        let id = intent.target.as_str();
        if intent.is_creation() {
            let label = &intent.label;
            Self::Creation { label, names }
        } else if names == [ASSIGNMENTS] {
            // One that was to go is named by how it stood before.
            let goes = intent.body_hash == NOT_ASSIGNED;
            let meant = if goes {
                &intent.before_hash
            } else {
                &intent.body_hash
            };
            match <[u8; 32]>::try_from(meant.as_slice()) {
                Ok(wanted) if contract.assigns_one_by_one() => Self::Assignment { id, wanted },
                _ => Self::Assignments { id },
            }
        } else {
            Self::Fields { id, names }
        }
    }

    /// The id of the object, empty where there is none yet.
    pub(super) fn target(&self) -> &'a str {
        match self {
            Self::Fields { id, .. } | Self::Assignments { id } | Self::Assignment { id, .. } => id,
            Self::Creation { .. } => "",
        }
    }

    /// Which fields an intent names.
    pub(super) fn names(&self) -> &[&'a str] {
        match self {
            Self::Fields { names, .. } | Self::Creation { names, .. } => names,
            Self::Assignments { .. } | Self::Assignment { .. } => &[ASSIGNMENTS],
        }
    }
}

impl WorkContext<'_> {
    /// Reads how a subject stands before a change of it.
    pub(super) async fn standing(
        &mut self,
        contract: &'static Contract,
        subject: &Subject<'_>,
    ) -> Result<Result<Standing, GraphError>, Halt> {
        let read = match subject {
            Subject::Fields { id, names } => {
                let object = self.object(contract, id, names).await?;
                object.map(|object| Standing {
                    hash: hash_of(contract, &object, names),
                    odata_type: object.get("@odata.type").cloned(),
                    assignment: None,
                })
            }
            Subject::Assignments { id } => {
                let own_type = match self.type_of(contract, id).await? {
                    Ok(own_type) => own_type,
                    Err(error) => return Ok(Err(error)),
                };
                let object = (*id, own_type.as_deref());
                let read = self.part(contract, object, ASSIGNMENTS).await?;
                read.map(|all| Standing {
                    odata_type: own_type.map(Value::from),
                    ..bare(hash_of_set(&AssignmentSet::of(&all)))
                })
            }
            Subject::Assignment { id, wanted } => {
                let read = self.part(contract, (*id, None), ASSIGNMENTS).await?;
                read.map(|all| match all.iter().find(|one| is_meant(one, wanted)) {
                    Some(one) => Standing {
                        assignment: one.get("id").and_then(Value::as_str).map(str::to_owned),
                        ..bare(*wanted)
                    },
                    None => bare(NOT_ASSIGNED),
                })
            }
            Subject::Creation { label, .. } => {
                let read = self.namesakes(contract, label).await?;
                read.map(|found| bare(hash_of_ids(found.iter().map(|(id, _)| id.as_str()))))
            }
        };
        Ok(read)
    }

    /// Looks at what became of a change whose answer was lost.
    pub(super) async fn look(
        &mut self,
        contract: &'static Contract,
        subject: &Subject<'_>,
        intended: &[u8],
        before: &[u8],
    ) -> Result<Found, Halt> {
        if let Subject::Creation { label, names } = subject {
            let until = Instant::now() + self.session.creation_wait();
            loop {
                let found = self.find(contract, label, names, intended, before).await?;
                let is_seen = !matches!(found, Found::Else(NOT_SEEN));
                if is_seen || Instant::now() + LOOK_AGAIN > until {
                    return Ok(found);
                }
                sleep(LOOK_AGAIN).await;
            }
        }
        Ok(match self.standing(contract, subject).await? {
            Ok(now) if now.hash == intended => Found::AsIntended,
            Ok(now) if now.hash == before => Found::AsBefore,
            Ok(_) => Found::Else("provider_object_changed"),
            Err(error) => Found::Else(reason_of(&error)),
        })
    }

    /// Looks for an object that was to come to be.
    async fn find(
        &mut self,
        contract: &'static Contract,
        label: &str,
        names: &[&str],
        intended: &[u8],
        before: &[u8],
    ) -> Result<Found, Halt> {
        let namesakes = match self.namesakes(contract, label).await? {
            Ok(namesakes) => namesakes,
            Err(error) => return Ok(Found::Else(reason_of(&error))),
        };
        let ids: Vec<&str> = namesakes.iter().map(|(id, _)| id.as_str()).collect();
        let at = match newcomer(&ids, before) {
            Newcomer::One(at) => at,
            Newcomer::None => return Ok(Found::Else(NOT_SEEN)),
            Newcomer::Unclear => return Ok(Found::Else("provider_match_ambiguous")),
        };
        let Some((id, listed)) = namesakes.get(at) else {
            return Ok(Found::Else("provider_match_ambiguous"));
        };
        Ok(match self.object(contract, id, names).await? {
            Ok(mut object) => {
                // Some fields come with the list alone, which asks for more.
                for (name, value) in listed {
                    object.entry(name.clone()).or_insert_with(|| value.clone());
                }
                if hash_of_new(contract, &object, names) == intended {
                    Found::AsIntended
                } else {
                    Found::Else("provider_object_changed")
                }
            }
            Err(error) => Found::Else(reason_of(&error)),
        })
    }

    /// Every object of a type that is called so, with its id.
    async fn namesakes(
        &mut self,
        contract: &'static Contract,
        label: &str,
    ) -> Result<Result<Vec<(String, Map<String, Value>)>, GraphError>, Halt> {
        let mut namesakes = Vec::new();
        let mut take = |item: Map<String, Value>| {
            let text = |name: &str| item.get(name).and_then(Value::as_str);
            if text(contract.name_field) == Some(label)
                && let Some(id) = text("id").map(str::to_owned)
            {
                namesakes.push((id, item));
            }
        };
        let walked = self.walk(contract, None, &mut take).await?;
        Ok(walked.map(|()| namesakes))
    }

    /// Reads an object, and of its own collections those that are named.
    async fn object(
        &mut self,
        contract: &'static Contract,
        id: &str,
        names: &[&str],
    ) -> Result<Result<Map<String, Value>, GraphError>, Halt> {
        let object = self.read(|session, step| session.object(step, contract, id));
        let mut object = match object.await? {
            Ok(object) => object,
            Err(error) => return Ok(Err(error)),
        };
        for part in contract.parts.iter().map(|part| part.name) {
            if names.contains(&part) {
                let own_type = object.get("@odata.type").and_then(Value::as_str);
                let items = match self.part(contract, (id, own_type), part).await? {
                    Ok(items) => items.into_iter().map(Value::Object),
                    Err(error) => return Ok(Err(error)),
                };
                object.insert(part.to_owned(), items.collect());
            }
        }
        Ok(Ok(object))
    }

    /// The `@odata.type` of an object, where it decides the object's address; else nothing is asked.
    async fn type_of(
        &mut self,
        contract: &'static Contract,
        id: &str,
    ) -> Result<Result<Option<String>, GraphError>, Halt> {
        if !contract.is_addressed_by_type() {
            return Ok(Ok(None));
        }
        let object = self.read(|session, step| session.object(step, contract, id));
        Ok(object.await?.map(|object| {
            let own_type = object.get("@odata.type").and_then(Value::as_str);
            own_type.map(str::to_owned)
        }))
    }

    /// Reads a collection of an object's own, all of its pages.
    async fn part(
        &mut self,
        contract: &'static Contract,
        object: (&str, Option<&str>),
        part: &str,
    ) -> Result<Result<Vec<Map<String, Value>>, GraphError>, Halt> {
        let first = match self.session.part(contract, object, part) {
            Ok(first) => first,
            Err(error) => return Ok(Err(error)),
        };
        let mut all = Vec::new();
        let mut take = |item| all.push(item);
        let walked = self.walk(contract, Some(first), &mut take).await?;
        Ok(walked.map(|()| all))
    }

    /// Reads a collection to its end, with leave for each page.
    pub(super) async fn walk(
        &mut self,
        contract: &'static Contract,
        mut cursor: Option<PageCursor>,
        take: &mut (dyn FnMut(Map<String, Value>) + Send),
    ) -> Result<Result<(), GraphError>, Halt> {
        loop {
            let page = self.read(|session, step| session.page(step, contract, cursor.clone()));
            let page = match page.await? {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            page.items.into_iter().for_each(&mut *take);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(Ok(()));
            }
        }
    }
}

impl Found {
    pub(super) fn end(&self, cause: &GraphError) -> IntentEnd {
        match self {
            Self::AsIntended => IntentEnd::Done { request_id: None },
            Self::AsBefore => IntentEnd::Failed {
                reason_code: reason_of(cause).to_owned(),
            },
            Self::Else(reason) => IntentEnd::Indeterminate {
                reason_code: (*reason).to_owned(),
            },
        }
    }
}

fn bare(hash: [u8; 32]) -> Standing {
    Standing {
        hash,
        odata_type: None,
        assignment: None,
    }
}

/// Whether an assignment is the one that is meant.
fn is_meant(assignment: &Map<String, Value>, wanted: &[u8; 32]) -> bool {
    let set = AssignmentSet::of([assignment]);
    set.texts().any(|one| hash_of_one(one) == *wanted)
}
