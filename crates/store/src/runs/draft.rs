//! What a run is drafted from when it is asked for, and what it is written with.

use domain::{
    ids::{RunId, ScheduleId, ScopeId, SelectionId, TenantId, WorkspaceId},
    operation::{Habitat, OperationType},
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{ContextState, RunFacts, SlotFacts};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::RunAccess;
use crate::{
    audit::{AuditActor, AuditEntry},
    new_id::new_id,
    scope::Scope,
    tenants::TenantAccess,
};

/// A run a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct RunDraft<'a> {
    /// What to do.
    pub operation: OperationType,
    /// Which tenant to do it in.
    pub tenant: &'a TenantAccess,
    /// Which run this one tries again.
    pub retry_of: Option<&'a RunAccess>,
}

/// A run the system asks for, by schedule.
#[derive(Debug, Clone, Copy)]
pub struct SystemDraft {
    /// What to do.
    pub operation: OperationType,
    /// The tenant's workspace.
    pub workspace_id: WorkspaceId,
    /// Which tenant to do it in.
    pub tenant_id: TenantId,
}

/// Work a person waits for goes before work the system does by itself.
const PRIORITY_PERSON: i64 = 0;
const PRIORITY_SYSTEM: i64 = 1;

/// Everything about a run that is fixed when it is asked for.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: RunId,
    pub(super) operation: OperationType,
    pub(super) workspace_id: WorkspaceId,
    pub(super) tenant_id: Option<TenantId>,
    pub(super) authority: AuthorityMode,
    pub(super) actor: AuditActor,
    pub(super) retry_of: Option<RunId>,
    pub(super) original_initiator: Option<String>,
    pub(super) schedule: Option<OfSchedule>,
    pub(super) bulk: Option<OfBulk>,
}

/// What a run has to do with a bulk.
#[derive(Debug, Clone)]
pub(super) enum OfBulk {
    /// It is one, over a selection of these tenants in the order of their ids.
    Parent {
        selection: SelectionId,
        tenants: Vec<TenantId>,
    },
    /// It is a part of one.
    Child { parent: RunId },
}

/// How a run comes from a schedule.
#[derive(Debug, Clone, Copy)]
pub(super) enum OfSchedule {
    /// It fills a slot, and rests on the schedule as it was then.
    Slot {
        schedule_id: ScheduleId,
        revision: i64,
        slot_at: Timestamp,
    },
    /// A person wanted it now, in their own name; each press is a run of its own.
    ByHand { schedule_id: ScheduleId },
}

impl Draft {
    /// In the name of the scope's person.
    pub(super) fn of_person(scope: &Scope, draft: RunDraft<'_>) -> Self {
        Self {
            id: new_id(RunId::from_uuid),
            operation: draft.operation,
            workspace_id: draft.tenant.workspace_id(),
            tenant_id: Some(draft.tenant.id()),
            authority: AuthorityMode::ActorBound,
            actor: AuditActor {
                id: Some(scope.user_id),
                name: scope.display_name.clone(),
            },
            retry_of: draft.retry_of.map(|run| run.run().id),
            original_initiator: draft.retry_of.map(original_initiator),
            // It stays among the schedule's executions, without a slot: that one is taken, and was the system's.
            schedule: draft
                .retry_of
                .and_then(|run| run.run().schedule_id)
                .map(|schedule_id| OfSchedule::ByHand { schedule_id }),
            bulk: None,
        }
    }

    /// With the system's own authority.
    pub(super) fn of_system(draft: SystemDraft) -> Self {
        Self {
            id: new_id(RunId::from_uuid),
            operation: draft.operation,
            workspace_id: draft.workspace_id,
            tenant_id: Some(draft.tenant_id),
            authority: AuthorityMode::SystemAuthority,
            actor: AuditActor::system(),
            retry_of: None,
            original_initiator: None,
            schedule: None,
            bulk: None,
        }
    }

    pub(super) fn scope_id(&self) -> ScopeId {
        ScopeId::of(self.workspace_id, self.tenant_id)
    }

    /// Tenant, type and target: the tenant itself, or the tenants that a bulk is over.
    pub(super) fn identity(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.scope_id().as_uuid().as_bytes());
        hasher.update(self.operation.as_str().as_bytes());
        if let Some(OfSchedule::ByHand { .. }) = self.schedule {
            // The nonce: no other run has this id.
            hasher.update(self.id.as_uuid().as_bytes());
        }
        if let Some(OfBulk::Parent { tenants, .. }) = &self.bulk {
            for tenant in tenants {
                hasher.update(tenant.as_uuid().as_bytes());
            }
        }
        hasher.finalize().into()
    }

    pub(super) fn parent_id(&self) -> Option<RunId> {
        match self.bulk {
            Some(OfBulk::Child { parent }) => Some(parent),
            _ => None,
        }
    }

    /// The order in which runs go into the queue, whoever puts several there.
    ///
    /// A scope has each identity once and each exclusion group once. In this order two who put runs there wait for
    /// each other in no circle: what is of a group comes before what is of none, and none of two groups is of both.
    pub(super) fn turn(&self) -> (ScopeId, bool, Option<&'static str>, [u8; 32]) {
        let group = self.exclusion_key();
        (self.scope_id(), group.is_none(), group, self.identity())
    }

    pub(super) fn exclusion_key(&self) -> Option<&'static str> {
        self.operation.spec().exclusion_group
    }

    pub(super) fn priority(&self) -> i64 {
        match self.authority {
            AuthorityMode::ActorBound => PRIORITY_PERSON,
            AuthorityMode::SystemAuthority => PRIORITY_SYSTEM,
        }
    }

    /// The schedule, with revision and slot where it fills one.
    pub(super) fn of_schedule(&self) -> Option<(ScheduleId, Option<(i64, Timestamp)>)> {
        Some(match self.schedule? {
            OfSchedule::Slot {
                schedule_id,
                revision,
                slot_at,
            } => (schedule_id, Some((revision, slot_at))),
            OfSchedule::ByHand { schedule_id } => (schedule_id, None),
        })
    }

    /// What is attached at enqueue: who, in which mode, with which capability; no roles (L-04, L-12).
    pub(super) fn context(&self) -> String {
        let of = self.of_schedule();
        let slot = of.and_then(|(_, slot)| slot);
        json!({
            "execution_authority_mode": self.authority,
            "required_capability": self.operation.spec().start_capability,
            "requested_by": self.actor.id,
            "retry_of": self.retry_of,
            "original_initiator": self.original_initiator,
            "parent_id": self.parent_id(),
            "schedule_id": of.map(|(schedule_id, _)| schedule_id),
            "schedule_revision": slot.map(|(revision, _)| revision),
            "slot_at": slot.map(|(_, slot_at)| slot_at),
        })
        .to_string()
    }

    /// What the gate is told of the run as it is asked for; the moment is set when everything is locked.
    pub(super) fn facts(&self, habitat: Habitat) -> RunFacts {
        RunFacts {
            id: self.id,
            attempt: 1,
            workspace_id: self.workspace_id,
            tenant_id: self.tenant_id,
            scope_id: self.scope_id(),
            habitat,
            operation_code: self.operation.as_str().to_owned(),
            authority: self.authority,
            actor_id: self.actor.id,
            required_capability: Some(self.operation.spec().start_capability),
            connection_id: None,
            slot: self.of_schedule().and_then(|(schedule_id, slot)| {
                let (revision, _) = slot?;
                Some(SlotFacts {
                    schedule_id,
                    revision,
                })
            }),
            context: ContextState::Readable,
            phase: DecisionPhase::Request,
            now: Timestamp(0),
        }
    }

    pub(super) fn audit(&self, action: &'static str, detail: String) -> AuditEntry {
        AuditEntry {
            workspace_id: self.workspace_id,
            scope_id: self.scope_id(),
            action,
            actor: self.actor.clone(),
            subject_id: self.id.as_uuid(),
            run_id: Some(self.id),
            detail,
        }
    }
}

/// Who asked first, through however many retries (L-08).
pub(super) fn original_initiator(run: &RunAccess) -> String {
    let run = run.run();
    serde_json::from_str::<serde_json::Value>(&run.context)
        .ok()
        .and_then(|context| Some(context.get("original_initiator")?.as_str()?.to_owned()))
        .unwrap_or_else(|| run.initiator_name.clone())
}
