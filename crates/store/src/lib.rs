#![doc = include_str!("../README.md")]

use std::sync::Arc;

use domain::operation::Habitat;
use tokio::sync::{Notify, watch};

mod audit;
mod authority;
mod clock;
mod conduct;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod conformance;
mod connections;
mod counters;
mod doctor;
mod error;
mod facts;
mod installation;
mod invariants;
mod inventory;
mod invitations;
mod key_check;
mod members;
mod new_id;
mod notifications;
mod open;
#[cfg(feature = "planted")]
#[doc(hidden)]
pub mod planted;
mod queue;
mod runs;
mod schedules;
mod scope;
mod seed;
mod sessions;
mod sql;
mod tenants;
mod upkeep;
mod users;
mod versions;
mod workspaces;

pub use audit::AuditVerdict;
pub use connections::ConnectionChange;
pub use connections::{Connection, ConnectionSecret, NewConnection, Verified};
pub use counters::Counters;
pub use doctor::UnreadableSchedule;
pub use error::StoreError;
pub use invariants::{
    AttemptMade, ChangeMade, DecisionMade, GrantState, GrantsOf, HeldRun, IntentMade, PartMade,
    Violation,
};
pub use inventory::{InventoryObject, InventoryRow};
pub use invitations::{INVITATION_LIFE, Invitation, InvitedPerson, NewInvitation};
pub use members::Member;
pub use notifications::Notification;
pub use open::{OpenError, Schema, Standing};
pub use queue::{HintReport, QueuePause, QueueSettings, WorkerCard, WorkerRow};
pub use runs::{
    Again, Asked, AttemptRow, BUSY_WAIT, BulkEnds, BulkItem, BulkSelection, Cancel, ChangeRow,
    Ending, Failure, GivenBack, Intent, IntentEnd, ItemOutcome, ItemRow, LabEffect, LabWrite,
    LeaseWatch, Leases, Named, NewIntent, RESCUES_MOST, Realigned, Reconciled, Requested, Rescued,
    Retrying, RunAccess, RunDraft, RunEnd, RunFilter, RunOrder, RunPage, RunRow, STALE_AFTER,
    STALE_QUEUED, SelectedTenant, Sight, StepRow, SystemDraft, Ticked, WorkedOutcome,
};
pub use schedules::{Schedule, ScheduleDraft, SlotRow};
pub use scope::{Scope, WorkspaceAccess};
pub use seed::{PastRun, WaitingRun};
pub use sessions::{ABSOLUTE_LIMIT, IDLE_LIMIT, OwnSession, Presence};
pub use tenants::{NewTenant, TenantAccess, TenantDetails};
pub use upkeep::{Removable, Removal, Removed};
pub use users::{Login, NewUser, SETUP_LINK_LIFE};
pub use versions::Moment;

/// An open database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) db: sql::Db,
    pub(crate) habitat: Habitat,
    /// Rings when a run of this process was queued; workers elsewhere find it by polling.
    pub(crate) queue_changed: Arc<Notify>,
    /// Moves when a worker of this process has ended runs; those that wait for others look then.
    pub(crate) runs_ended: Arc<watch::Sender<u64>>,
    /// Moves when this process asked for the end of a running run; workers elsewhere see it with their heartbeat.
    pub(crate) cancel_asked: Arc<watch::Sender<u64>>,
    /// Tells other processes of queued runs, where the database can.
    pub(crate) hints: Option<queue::Hints>,
    /// How this process works on the queue.
    pub(crate) queue: QueueSettings,
    /// Whose turn it is in this process's claims.
    pub(crate) turns: Arc<queue::Turns>,
    /// Where requests come in, of this store and its clones.
    pub(crate) desk: Arc<runs::Desk>,
}

impl Store {
    /// The same database, with other settings for working on the queue.
    #[must_use]
    pub fn with_queue(self, queue: QueueSettings) -> Self {
        Self { queue, ..self }
    }

    /// The same database, without hints across processes: what others queue is found by looking.
    #[must_use]
    pub fn without_hints(self) -> Self {
        Self {
            hints: None,
            ..self
        }
    }

    /// How this process works on the queue.
    pub const fn queue_settings(&self) -> &QueueSettings {
        &self.queue
    }

    /// The bell that rings when this process queued a run; a hint, never the truth.
    pub fn queue_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.queue_changed)
    }

    /// The bell that rings when this process has ended runs; a hint, never the truth.
    pub fn end_bell(&self) -> watch::Receiver<u64> {
        self.runs_ended.subscribe()
    }

    /// Rings it.
    pub(crate) fn ring_ended(&self) {
        self.runs_ended.send_modify(|count| *count += 1);
    }

    /// The bell that rings when this process asked for the end of a running run; a hint, never the truth.
    pub fn cancel_bell(&self) -> watch::Receiver<u64> {
        self.cancel_asked.subscribe()
    }

    /// Says that a run was queued, here and elsewhere.
    pub(crate) fn ring(&self) {
        self.queue_changed.notify_one();
        if let Some(hints) = &self.hints {
            hints.send();
        }
    }
}
