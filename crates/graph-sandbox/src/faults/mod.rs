//! Scripted failures: what to break, for whom, where and how often.

mod body;
mod effect;
mod kind;
mod parse;
mod route;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

pub(crate) use body::Broken;
pub(crate) use effect::{AfterCommit, Effect, Mangle};
pub use kind::FaultKind;
pub(crate) use parse::{BadField, from_json};
pub(crate) use route::Place;

/// One scripted failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Only requests of this tenant; all when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Only paths that begin with this, or match it when it contains `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// How many matching requests are hit; all when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What happens to them.
    #[serde(flatten)]
    pub kind: FaultKind,
}

impl Fault {
    /// A fault for every request, to be narrowed by setting its fields.
    #[must_use]
    pub fn everywhere(kind: FaultKind) -> Self {
        Self {
            tenant_id: None,
            route: None,
            count: None,
            kind,
        }
    }
}

/// A fault that is in force, with what is left of its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActiveFault {
    /// The id by which it is removed.
    pub id: String,
    /// How many requests it has hit.
    pub hits: u64,
    /// The fault as it was added; `count` is what is left.
    #[serde(flatten)]
    pub fault: Fault,
}

/// There are [`Faults::LIMIT`] faults already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyFaults;

/// The faults in force; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    last_id: u64,
    active: Vec<ActiveFault>,
}

impl Faults {
    /// The number of faults that may be in force at once.
    pub const LIMIT: usize = 1_000;

    /// Puts `fault` in force behind the ones there are, and names it.
    ///
    /// # Errors
    ///
    /// When [`Faults::LIMIT`] faults are in force.
    pub fn add(&self, fault: Fault) -> Result<String, TooManyFaults> {
        let mut script = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if script.active.len() >= Self::LIMIT {
            return Err(TooManyFaults);
        }
        script.last_id += 1;
        let id = format!("fault-{}", script.last_id);
        script.active.push(ActiveFault {
            id: id.clone(),
            hits: 0,
            fault,
        });
        Ok(id)
    }

    /// The faults in force, oldest first. One whose count is used up is gone.
    #[must_use]
    pub fn list(&self) -> Vec<ActiveFault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .active
            .clone()
    }

    /// Removes one fault; false when there is none of that id.
    #[must_use]
    pub fn remove(&self, id: &str) -> bool {
        let mut script = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = script.active.len();
        script.active.retain(|fault| fault.id != id);
        script.active.len() < before
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .active
            .clear();
    }

    /// What happens to this request: delays add up, then the first other fault.
    pub(crate) fn strike(&self, place: &Place<'_>, verb: Verb) -> Effect {
        let mut effect = Effect::default();
        self.hit(
            place,
            |kind| {
                kind.is_of_transport() && (verb == Verb::Writes || kind.after_commit().is_none())
            },
            |kind| effect.take(kind),
        );
        effect
    }

    /// The same for a part of a batch, which has no connection of its own.
    pub(crate) fn strike_part(&self, place: &Place<'_>, verb: Verb) -> Effect {
        let mut effect = Effect::default();
        self.hit(
            place,
            |kind| kind.fits_a_part() && (verb == Verb::Writes || kind.after_commit().is_none()),
            |kind| effect.take(kind),
        );
        effect
    }

    /// What the token endpoint is made to say.
    pub(crate) fn sign_in(&self, place: &Place<'_>) -> Option<FaultKind> {
        let mut found = None;
        self.hit(
            place,
            |kind| kind.is_of_sign_in(),
            |kind| {
                found = Some(kind.clone());
                Flow::Stop
            },
        );
        found
    }

    /// Whether a fault of exactly this kind is in force here.
    pub(crate) fn strikes(&self, place: &Place<'_>, wanted: &FaultKind) -> bool {
        let mut found = false;
        self.hit(
            place,
            |kind| kind == wanted,
            |_| {
                found = true;
                Flow::Stop
            },
        );
        found
    }

    /// How long tokens live here, when that is not what is said of them.
    pub(crate) fn token_lifetime(&self, place: &Place<'_>) -> Option<i64> {
        let mut found = None;
        self.hit(
            place,
            |kind| matches!(kind, FaultKind::TokenLifetime { .. }),
            |kind| {
                if let FaultKind::TokenLifetime { seconds } = kind {
                    found = Some(*seconds);
                }
                Flow::Stop
            },
        );
        found
    }

    /// `roles` without those that are taken away here.
    pub(crate) fn narrow(
        &self,
        place: &Place<'_>,
        roles: &Arc<BTreeSet<String>>,
    ) -> Arc<BTreeSet<String>> {
        let mut removed = Vec::new();
        self.hit(
            place,
            |kind| matches!(kind, FaultKind::RemoveRole { .. }),
            |kind| {
                if let FaultKind::RemoveRole { role } = kind {
                    removed.push(role.clone());
                }
                Flow::GoOn
            },
        );
        if removed.is_empty() {
            return Arc::clone(roles);
        }
        Arc::new(
            roles
                .iter()
                .filter(|role| !removed.contains(role))
                .cloned()
                .collect(),
        )
    }

    fn hit(
        &self,
        place: &Place<'_>,
        wanted: impl Fn(&FaultKind) -> bool,
        mut strike: impl FnMut(&FaultKind) -> Flow,
    ) {
        let mut script = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if script.active.is_empty() {
            return;
        }
        for active in &mut script.active {
            if !wanted(&active.fault.kind) || !place.is_meant_by(&active.fault) {
                continue;
            }
            active.hits += 1;
            if let Some(left) = active.fault.count.as_mut() {
                *left = left.saturating_sub(1);
            }
            if strike(&active.fault.kind) == Flow::Stop {
                break;
            }
        }
        script.active.retain(|active| active.fault.count != Some(0));
    }
}

/// Whether a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Reads,
    Writes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    GoOn,
    Stop,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tenant: &str) -> Place<'_> {
        Place {
            tenant_id: Some(tenant),
            path: "/v1.0/groups",
            short: "/groups",
        }
    }

    fn status(status: u16) -> FaultKind {
        FaultKind::Status {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn a_count_is_used_up_and_the_next_fault_takes_over() {
        let faults = Faults::default();
        faults
            .add(Fault {
                count: Some(2),
                ..Fault::everywhere(status(503))
            })
            .unwrap();
        faults.add(Fault::everywhere(status(500))).unwrap();
        let seen: Vec<_> = (0..4)
            .map(|_| {
                faults
                    .strike(&place("t"), Verb::Reads)
                    .answer
                    .unwrap()
                    .status
            })
            .collect();
        assert_eq!(seen, [503, 503, 500, 500]);
        assert_eq!(faults.list().len(), 1);
    }

    #[test]
    fn a_fault_of_one_tenant_leaves_the_others_alone() {
        let faults = Faults::default();
        let mine = Fault {
            tenant_id: Some("a".to_owned()),
            ..Fault::everywhere(status(500))
        };
        let id = faults.add(mine).unwrap();
        assert!(faults.strike(&place("b"), Verb::Reads).answer.is_none());
        assert!(faults.strike(&place("a"), Verb::Reads).answer.is_some());
        assert!(faults.remove(&id));
        assert!(!faults.remove(&id));
        assert!(faults.strike(&place("a"), Verb::Reads).answer.is_none());
    }

    #[test]
    fn delays_add_up_and_do_not_hide_the_fault_behind_them() {
        let faults = Faults::default();
        faults
            .add(Fault::everywhere(FaultKind::Delay { delay_ms: 5 }))
            .unwrap();
        faults
            .add(Fault::everywhere(FaultKind::Delay { delay_ms: 7 }))
            .unwrap();
        faults.add(Fault::everywhere(status(500))).unwrap();
        let effect = faults.strike(&place("t"), Verb::Reads);
        assert_eq!((effect.delay_ms, effect.answer.unwrap().status), (12, 500));
    }

    #[test]
    fn the_number_of_faults_is_bounded() {
        let faults = Faults::default();
        for _ in 0..Faults::LIMIT {
            faults.add(Fault::everywhere(FaultKind::Hang)).unwrap();
        }
        assert_eq!(
            faults.add(Fault::everywhere(FaultKind::Hang)),
            Err(TooManyFaults)
        );
    }
}
