#![doc = include_str!("../README.md")]

use std::sync::Arc;

use tokio::sync::Notify;

mod audit;
mod clock;
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod conformance;
mod connections;
mod error;
mod facts;
mod invariants;
mod inventory;
mod invitations;
mod members;
mod new_id;
mod notifications;
mod open;
#[cfg(feature = "planted")]
#[doc(hidden)]
pub mod planted;
mod runs;
mod scope;
mod seed;
mod sessions;
mod sql;
mod tenants;
mod users;
mod versions;
mod workspaces;

pub use audit::AuditVerdict;
pub use connections::ConnectionChange;
pub use connections::{Connection, ConnectionSecret, NewConnection, Verified};
pub use error::StoreError;
pub use invariants::{AttemptMade, ChangeMade, DecisionMade, GrantState, GrantsOf, Violation};
pub use inventory::{InventoryObject, InventoryRow};
pub use invitations::{INVITATION_LIFE, Invitation, InvitedPerson, NewInvitation};
pub use members::Member;
pub use notifications::Notification;
pub use open::OpenError;
pub use runs::{
    AttemptRow, ChangeRow, Claim, Ending, Failure, ItemOutcome, ItemRow, Named, Requested,
    RunAccess, RunDraft, RunEnd, RunFilter, RunOrder, RunPage, RunRow, SystemDraft, WorkedOutcome,
};
pub use scope::{Scope, WorkspaceAccess};
pub use seed::{PastRun, WaitingRun};
pub use sessions::{ABSOLUTE_LIMIT, IDLE_LIMIT, OwnSession, Presence};
pub use tenants::{NewTenant, TenantAccess, TenantDetails};
pub use users::{Login, NewUser, SETUP_LINK_LIFE};
pub use versions::Moment;

/// An open database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) db: sql::Db,
    /// Rings when a run of this process was queued; workers elsewhere find it by polling.
    pub(crate) queue_changed: Arc<Notify>,
}

impl Store {
    pub(crate) fn new(db: sql::Db) -> Self {
        Self {
            db,
            queue_changed: Arc::new(Notify::new()),
        }
    }

    /// The bell that rings when this process queued a run; a hint, never the truth.
    pub fn queue_bell(&self) -> Arc<Notify> {
        Arc::clone(&self.queue_changed)
    }
}
