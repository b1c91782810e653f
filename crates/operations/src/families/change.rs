//! One change of one object at the provider: written down before it is sent, looked at when its answer is lost.
//!
//! The op key names the effect within its run. A key whose effect was brought about, or may have been, is not
//! set out for again; the database holds that too (`write_intents_effect`).

use domain::intent::IntentState;
use graph::{
    ApprovalCode, AssignmentSet, Contract, Effect, GraphError, Write, WriteError, contract,
};
use serde_json::{Map, Value};
use store::{Intent, IntentEnd, NewIntent};

use super::{
    Halt, WorkContext,
    approvals::AWAITING_APPROVAL,
    compare::{hash_of, hash_of_new, hash_of_one, hash_of_set, names},
    look::{Found, NOT_ASSIGNED, Standing, Subject},
    mistakes,
    provider::reason_of,
};

/// How often one change is sent at most, each time known not to have been taken before.
const TRIES: usize = 3;

/// A change that is to be made once.
pub(crate) struct Change<'a> {
    /// What names its effect within the run, the same in every attempt.
    pub(crate) op_key: &'a str,
    /// Of which type the object is.
    pub(crate) contract: &'static Contract,
    /// What the object is called.
    pub(crate) label: &'a str,
    /// What is to become of it.
    pub(crate) aim: Aim<'a>,
    /// Why, for whoever has to approve it.
    pub(crate) justification: &'a str,
    /// That the tenant has approved it, where it wanted to be asked.
    pub(crate) approved: Option<&'a ApprovalCode>,
}

/// What is to become of an object.
pub(crate) enum Aim<'a> {
    /// Fields of it change.
    Update {
        /// The object's id.
        id: &'a str,
        /// The fields that change, and what they are to become.
        fields: &'a Map<String, Value>,
    },
    /// It comes to be, under the name of the change's label.
    Create {
        /// Its fields.
        body: &'a Map<String, Value>,
    },
    /// It is assigned to these and to nobody else; to one more, where assignments are made one by one.
    Assign {
        /// The object's id.
        id: &'a str,
        /// All assignments there are to be, or the one that is to be added, each an object with its `target`.
        assignments: &'a [Value],
    },
    /// It is no longer assigned so, where assignments are made one by one.
    Unassign {
        /// The object's id.
        id: &'a str,
        /// Whom the assignment means, an object with its `target`.
        assignment: &'a Value,
    },
}

/// What became of a change.
pub(crate) enum Made {
    /// It is there.
    Done,
    /// It is not there, and why.
    NotDone(GraphError),
    /// It is not there before somebody in the tenant approves it, who has been asked.
    AwaitsApproval(Option<ApprovalCode>),
    /// It is not there, and somebody in the tenant has decided that it shall not be.
    Refused,
    /// There was nothing to do about it: no request for it waits.
    LeftAlone,
    /// Nobody knows; a person is asked.
    Unknown(&'static str),
}

impl<'a> Aim<'a> {
    fn subject(&self, contract: &Contract, label: &'a str) -> Subject<'a> {
        match self {
            Self::Update { id, fields } => Subject::Fields {
                id,
                names: names(fields),
            },
            Self::Create { body } => Subject::Creation {
                label,
                names: names(body),
            },
            Self::Assign { id, .. } if contract.assigns_one_by_one() => {
                let wanted = self.intended(contract);
                Subject::Assignment { id, wanted }
            }
            Self::Unassign { id, assignment } => {
                let wanted = hash_of_target(assignment);
                Subject::Assignment { id, wanted }
            }
            Self::Assign { id, .. } => Subject::Assignments { id },
        }
    }

    fn intended(&self, contract: &Contract) -> [u8; 32] {
        match self {
            Self::Update { fields, .. } => hash_of(contract, fields, &names(fields)),
            Self::Create { body } => hash_of_new(contract, body, &names(body)),
            Self::Assign { assignments, .. } => {
                if contract.assigns_one_by_one() {
                    // More than one is refused before anything is sent.
                    return hash_of_target(assignments.first().unwrap_or_default());
                }
                let all = assignments.iter().filter_map(Value::as_object);
                hash_of_set(&AssignmentSet::of(all))
            }
            Self::Unassign { .. } => NOT_ASSIGNED,
        }
    }

    /// Whether it is there already; an object that is to come to be never is.
    fn is_there(&self, now: &Standing, intended: &[u8; 32]) -> bool {
        !matches!(self, Self::Create { .. }) && now.hash == *intended
    }

    /// The fields as they are sent: Intune takes a change of a polymorphic object only with its type.
    fn fields(&self, odata_type: Option<&Value>) -> Map<String, Value> {
        match (self, odata_type) {
            (Self::Update { fields, .. }, Some(own_type)) => {
                let mut fields = (*fields).clone();
                fields.insert("@odata.type".to_owned(), own_type.clone());
                fields
            }
            (Self::Update { fields: body, .. } | Self::Create { body }, _) => (*body).clone(),
            (Self::Assign { .. } | Self::Unassign { .. }, _) => Map::new(),
        }
    }

    fn effect<'b>(&'b self, fields: &'b Map<String, Value>, before: &'b Standing) -> Effect<'b> {
        match self {
            Self::Update { id, .. } => Effect::Update { id, fields },
            Self::Create { .. } => Effect::Create { body: fields },
            Self::Assign { id, assignments } => Effect::Assign {
                id,
                odata_type: before.odata_type.as_ref().and_then(Value::as_str),
                assignments,
            },
            Self::Unassign { id, .. } => Effect::Unassign {
                id,
                // One without an id is not sent.
                assignment: before.assignment.as_deref().unwrap_or_default(),
            },
        }
    }
}

/// One assignment, told from others by whom it means.
fn hash_of_target(assignment: &Value) -> [u8; 32] {
    let set = AssignmentSet::of(assignment.as_object());
    hash_of_one(set.texts().next().unwrap_or_default())
}

impl WorkContext<'_> {
    /// Brings a change about: checkpoint, look, intent, call, and a word about how it ended.
    pub(crate) async fn change(&mut self, change: &Change<'_>) -> Result<Made, Halt> {
        let (store, running, session) = (self.store, self.running, self.session);
        let subject = change.aim.subject(change.contract, change.label);
        let intended = change.aim.intended(change.contract);
        let mut last = GraphError::LeaveTooOld;
        for _ in 0..TRIES {
            let before = match self.standing(change.contract, &subject).await? {
                Ok(before) => before,
                Err(error) => return Ok(Made::NotDone(error)),
            };
            if change.aim.is_there(&before, &intended) {
                return Ok(Made::Done);
            }
            let intent = NewIntent {
                op_key: change.op_key,
                kind: change.contract.key,
                target: subject.target(),
                label: change.label,
                fields: subject.names(),
                body_hash: intended,
                before_hash: before.hash,
            };
            let intent = store.intent_open(running, &intent).await?;
            // Writing the intent down may have taken long; leave that is old by now is not used.
            let Some(step) = self.step_at_hand() else {
                let reason_code = reason_of(&GraphError::LeaveTooOld).to_owned();
                let end = IntentEnd::Failed { reason_code };
                store.intent_close(running, intent, &end).await?;
                continue;
            };
            let fields = change.aim.fields(before.odata_type.as_ref());
            let write = Write {
                contract: change.contract,
                effect: change.aim.effect(&fields, &before),
                justification: change.justification,
                approved: change.approved,
            };
            let mut sent = session.write(step, write).await;
            if mistakes::repeats_blindly()
                && matches!(sent, Err(WriteError::Unknown(_)))
                && let Some(step) = self.step_at_hand()
            {
                sent = session.write(step, write).await;
            }
            self.border();
            match sent {
                Ok(written) => {
                    let request_id = written.request_id;
                    let end = IntentEnd::Done { request_id };
                    store.intent_close(running, intent, &end).await?;
                    return Ok(Made::Done);
                }
                Err(WriteError::NotDone(error)) => {
                    let reason_code = reason_of(&error).to_owned();
                    let end = IntentEnd::Failed { reason_code };
                    store.intent_close(running, intent, &end).await?;
                    if error == GraphError::LeaveTooOld {
                        continue;
                    }
                    return Ok(Made::NotDone(error));
                }
                Err(WriteError::AwaitsApproval { code }) => {
                    let reason_code = AWAITING_APPROVAL.to_owned();
                    let end = IntentEnd::Failed { reason_code };
                    store.intent_close(running, intent, &end).await?;
                    return Ok(Made::AwaitsApproval(code));
                }
                Err(WriteError::Unknown(error)) => {
                    let looked = self
                        .look(change.contract, &subject, &intended, &before.hash)
                        .await?;
                    store
                        .intent_close(running, intent, &looked.end(&error))
                        .await?;
                    match looked {
                        Found::AsIntended => return Ok(Made::Done),
                        Found::AsBefore => last = error,
                        Found::Else(reason) => return Ok(Made::Unknown(reason)),
                    }
                }
            }
        }
        Ok(Made::NotDone(last))
    }

    /// Looks at what earlier attempts set out for and did not close, before anything else is done.
    ///
    /// Answers every effect of this run that is there or may be there; nothing of it is sent again.
    pub(crate) async fn settle_earlier(&mut self) -> Result<Vec<Intent>, Halt> {
        let mut intents = self.store.intents_of(self.running).await?;
        for intent in &mut intents {
            if intent.state == IntentState::Open {
                intent.state = self.settle(intent).await?;
            }
        }
        intents.retain(|intent| intent.state != IntentState::Failed);
        Ok(intents)
    }

    async fn settle(&mut self, intent: &Intent) -> Result<IntentState, Halt> {
        let found = match contract(&intent.kind) {
            Some(contract) => {
                let (body, before) = (&intent.body_hash, &intent.before_hash);
                self.look(contract, &Subject::of(contract, intent), body, before)
                    .await?
            }
            None => Found::Else("provider_misconfigured"),
        };
        let interrupted = GraphError::Unreachable {
            kind: graph::UnreachableKind::Interrupted,
        };
        let end = found.end(&interrupted);
        self.store
            .intent_close(self.running, intent.id, &end)
            .await?;
        Ok(match end {
            IntentEnd::Done { .. } => IntentState::Done,
            IntentEnd::Failed { .. } => IntentState::Failed,
            IntentEnd::Indeterminate { .. } => IntentState::Indeterminate,
        })
    }
}
