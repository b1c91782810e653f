//! One change of one object at the provider: written down before it is sent, looked at when its answer is lost.
//!
//! The op key names the effect within its run. A key whose effect was brought about, or may have been, is not
//! set out for again; the database holds that too (`write_intents_effect`).

use domain::intent::IntentState;
use graph::{ApprovalCode, Contract, Effect, GraphError, Write, WriteError, contract};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{Intent, IntentEnd, NewIntent};

use super::{Halt, WorkContext, approvals::AWAITING_APPROVAL, mistakes, provider::reason_of};

/// How often one change is sent at most, each time known not to have been taken before.
const TRIES: usize = 3;

/// A change that is to be made once.
pub(crate) struct Change<'a> {
    /// What names its effect within the run, the same in every attempt.
    pub(crate) op_key: &'a str,
    /// Of which type the object is.
    pub(crate) contract: &'static Contract,
    /// The object's id.
    pub(crate) target: &'a str,
    /// What the object is called.
    pub(crate) label: &'a str,
    /// The fields that change, and what they are to become.
    pub(crate) fields: &'a Map<String, Value>,
    /// That the tenant has approved it, where it wanted to be asked.
    pub(crate) approved: Option<&'a ApprovalCode>,
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
    /// Nobody knows; a person is asked.
    Unknown(&'static str),
}

/// What a look at an object found after a change whose answer was lost.
enum Found {
    AsIntended,
    AsBefore,
    /// Neither of both, or nothing could be read; with the reason as a code.
    Else(&'static str),
}

impl WorkContext<'_> {
    /// Brings a change about: checkpoint, look, intent, call, and a word about how it ended.
    pub(crate) async fn change(&mut self, change: &Change<'_>) -> Result<Made, Halt> {
        let (store, running, session) = (self.store, self.running, self.session);
        let intended = hash(change.fields.iter());
        let names: Vec<&str> = change.fields.keys().map(String::as_str).collect();
        let justification = self.justification(change.op_key);
        let mut last = GraphError::LeaveTooOld;
        for _ in 0..TRIES {
            let step = self.checkpoint().await?;
            let object = match session.object(step, change.contract, change.target).await {
                Ok(object) => object,
                Err(error) => return Ok(Made::NotDone(error)),
            };
            let before = hash_of(&object, &names);
            if before == intended {
                return Ok(Made::Done);
            }
            let intent = NewIntent {
                op_key: change.op_key,
                kind: change.contract.key,
                target: change.target,
                label: change.label,
                fields: &names,
                body_hash: intended,
                before_hash: before,
            };
            let intent = store.intent_open(running, &intent).await?;
            // Writing the intent down may have taken long; leave that is old by now is not used.
            let Some(step) = self.step_at_hand() else {
                let reason_code = reason_of(&GraphError::LeaveTooOld).to_owned();
                let end = IntentEnd::Failed { reason_code };
                store.intent_close(running, intent, &end).await?;
                continue;
            };
            let mut fields = change.fields.clone();
            // Intune takes a change of a polymorphic object only with its type.
            if let Some(own_type) = object.get("@odata.type") {
                fields.insert("@odata.type".to_owned(), own_type.clone());
            }
            let write = Write {
                contract: change.contract,
                effect: Effect::Update {
                    id: change.target,
                    fields: &fields,
                },
                justification: &justification,
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
                        .look(change.contract, change.target, &names, &intended, &before)
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
                let names: Vec<&str> = intent.fields.iter().map(String::as_str).collect();
                let (body, before) = (&intent.body_hash, &intent.before_hash);
                self.look(contract, &intent.target, &names, body, before)
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

    /// Reads an object and compares the fields of a change with what they were to become and had been.
    async fn look(
        &mut self,
        contract: &'static Contract,
        target: &str,
        names: &[&str],
        intended: &[u8],
        before: &[u8],
    ) -> Result<Found, Halt> {
        let step = self.checkpoint().await?;
        Ok(match self.session.object(step, contract, target).await {
            Ok(object) => {
                let now = hash_of(&object, names);
                if now == intended {
                    Found::AsIntended
                } else if now == before {
                    Found::AsBefore
                } else {
                    Found::Else("provider_object_changed")
                }
            }
            Err(error) => Found::Else(reason_of(&error)),
        })
    }
}

impl Found {
    fn end(&self, cause: &GraphError) -> IntentEnd {
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

/// The named fields of an object, as they are compared; one that is not there is null.
fn hash_of(object: &Map<String, Value>, names: &[&str]) -> [u8; 32] {
    let fields: Map<String, Value> = names
        .iter()
        .map(|name| {
            let value = object.get(*name).cloned().unwrap_or(Value::Null);
            ((*name).to_owned(), value)
        })
        .collect();
    hash(fields.iter())
}

fn hash<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>) -> [u8; 32] {
    let mut sorted: Vec<_> = fields.collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut hasher = Sha256::new();
    for (name, value) in sorted {
        for text in [name.as_str(), &value.to_string()] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize().into()
}
