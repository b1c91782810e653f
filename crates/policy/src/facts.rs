//! What the gate is told about one run; a fact that is missing never allows anything.

use domain::{
    capability::{Capability, Role},
    connection::{ConsentStatus, VerificationStatus},
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::{Habitat, OperationType},
    run::{AuthorityMode, DecisionPhase},
    schedule::ScheduleState,
    time::Timestamp,
};

/// All the gate may look at for one attempt of one run, read in the transaction that starts it.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The run itself.
    pub run: RunFacts,
    /// The person who asked; none when the row is gone or nobody asked.
    pub actor: Option<ActorFacts>,
    /// The tenant; none when the row is gone or the run has no tenant.
    pub tenant: Option<TenantFacts>,
    /// The provider connection; none when there is none.
    pub connection: Option<ConnectionFacts>,
    /// The schedule whose slot the run fills; none when it fills none or the row is gone.
    pub schedule: Option<ScheduleFacts>,
    /// The bulk that the run is a part of; none when it is a part of none.
    pub bulk: Option<BulkState>,
}

/// Whether the bulk that a run is a part of still waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkState {
    /// It does.
    UnderWay,
    /// It is over, whatever ended it.
    Over,
}

/// The run as it stands in the ledger.
#[derive(Debug, Clone)]
pub struct RunFacts {
    /// Which run.
    pub id: RunId,
    /// Which attempt of it.
    pub attempt: i64,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant, unless it belongs to the workspace itself.
    pub tenant_id: Option<TenantId>,
    /// What it belongs to.
    pub scope_id: ScopeId,
    /// What kind of database the run is in.
    pub habitat: Habitat,
    /// The operation's code as stored; may be one that nobody knows.
    pub operation_code: String,
    /// In whose name it is to start.
    pub authority: AuthorityMode,
    /// The person it is bound to.
    pub actor_id: Option<UserId>,
    /// The capability attached when it was asked for; none when the stored word means nothing.
    pub required_capability: Option<Capability>,
    /// The connection it was asked for.
    pub connection_id: Option<ConnectionId>,
    /// The slot of a schedule that it fills, if it fills one.
    pub slot: Option<SlotFacts>,
    /// Whether its stored context could be read.
    pub context: ContextState,
    /// At which moment the gate is asked.
    pub phase: DecisionPhase,
    /// Database time at that moment.
    pub now: Timestamp,
}

/// Whether a run's stored context could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextState {
    /// It says what the run is to do.
    Readable,
    /// It does not.
    Unreadable,
}

/// A membership as it stands.
#[derive(Debug, Clone, Copy)]
pub struct GrantFacts {
    /// What it makes of the person.
    pub role: Role,
    /// Version of the row.
    pub version: i64,
}

/// The person a run is bound to.
#[derive(Debug, Clone)]
pub struct ActorFacts {
    /// Which person.
    pub user_id: UserId,
    /// Whether the account is disabled.
    pub standing: Standing,
    /// Version of the user row.
    pub version: i64,
    /// Membership of the run's workspace.
    pub workspace: Option<GrantFacts>,
    /// Membership of the run's tenant.
    pub tenant: Option<GrantFacts>,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Enabled,
    /// It may not.
    Disabled,
}

/// The tenant a run is aimed at.
#[derive(Debug, Clone)]
pub struct TenantFacts {
    /// Which tenant.
    pub tenant_id: TenantId,
    /// The workspace that owns it now.
    pub workspace_id: WorkspaceId,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
    /// Version of the row.
    pub version: i64,
}

/// The provider connection a run would use.
#[derive(Debug, Clone)]
pub struct ConnectionFacts {
    /// Which connection.
    pub connection_id: ConnectionId,
    /// Whether it is switched on.
    pub switch: Switch,
    /// Whether consent is there.
    pub consent: ConsentStatus,
    /// What the last verification found.
    pub verification: VerificationStatus,
    /// Whether a credential is stored.
    pub credential: CredentialState,
    /// Version of the row.
    pub version: i64,
}

/// Whether something is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// Whether a credential is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialState {
    /// It is.
    Stored,
    /// It is not.
    Missing,
}

/// The slot a run fills, as it was when the run was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotFacts {
    /// Of which schedule.
    pub schedule_id: ScheduleId,
    /// By which revision of it.
    pub revision: i64,
}

/// A schedule as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleFacts {
    /// Which schedule.
    pub schedule_id: ScheduleId,
    /// Moves with every edit, pause, resumption and deletion.
    pub revision: i64,
    /// Whether it takes slots.
    pub state: ScheduleState,
}

impl Facts {
    /// The person the run is bound to, and nobody else.
    pub(crate) fn bound_actor(&self) -> Option<&ActorFacts> {
        let actor_id = self.run.actor_id?;
        self.actor
            .as_ref()
            .filter(|actor| actor.user_id == actor_id)
    }

    /// The tenant the run is aimed at, and no other.
    pub(crate) fn bound_tenant(&self) -> Option<&TenantFacts> {
        let tenant_id = self.run.tenant_id?;
        self.tenant
            .as_ref()
            .filter(|tenant| tenant.tenant_id == tenant_id)
    }

    /// The schedule whose slot the run fills, and no other.
    pub(crate) fn bound_schedule(&self) -> Option<&ScheduleFacts> {
        let slot = self.run.slot?;
        self.schedule
            .as_ref()
            .filter(|schedule| schedule.schedule_id == slot.schedule_id)
    }

    /// The connection the run was asked for; the tenant's own where it names none.
    pub(crate) fn bound_connection(&self) -> Option<&ConnectionFacts> {
        self.connection.as_ref().filter(|connection| {
            self.run
                .connection_id
                .is_none_or(|asked| asked == connection.connection_id)
        })
    }
}

impl RunFacts {
    /// The operation, if its code is in the catalog of this kind of database.
    pub fn operation(&self) -> Option<OperationType> {
        OperationType::parse_in(self.habitat, &self.operation_code)
    }
}
