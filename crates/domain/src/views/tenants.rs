//! The tenants list, a tenant's page, and its inventory.

use serde::{Deserialize, Serialize};

use super::{RunRowView, StartAnswer};
use crate::{
    capability::Role,
    connection::{ConsentStatus, CredentialKind, VerificationStatus},
    ids::{ConnectionId, RunId, TenantId},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    time::Timestamp,
    verification::{CheckCounts, Overall},
};

/// One line of the tenants list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRowView {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
    /// The person's role in it.
    pub role: Role,
    /// What is known of its connection; none when it has none.
    pub verification: Option<VerificationStatus>,
    /// Its last run that the person may see.
    pub last_run: Option<RunRowView>,
    /// Whether its queue is paused.
    #[serde(default)]
    pub is_paused: bool,
    /// Whether it is the selected one.
    pub is_selected: bool,
}

/// The tenants of the workspace that the person is entitled to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantsView {
    /// The workspace.
    pub workspace: String,
    /// By name.
    pub rows: Vec<TenantRowView>,
    /// Whether the person may have several verified at once.
    pub can_verify: bool,
    /// Whether the person may add tenants to the workspace.
    pub can_create: bool,
    /// Server time of this answer.
    pub as_of: Timestamp,
}

/// A tenant's provider connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Which connection.
    pub id: ConnectionId,
    /// What it is called.
    pub name: String,
    /// The directory it connects to.
    pub entra_tenant_id: String,
    /// The application it signs in as.
    pub client_id: String,
    /// First axis: switched on.
    pub is_enabled: bool,
    /// Second axis: consent.
    pub consent: ConsentStatus,
    /// Third axis: verification.
    pub verification: VerificationStatus,
    /// When it was last verified.
    pub last_checked_at: Option<Timestamp>,
    /// What was wrong then, as a code.
    pub last_error_code: Option<String>,
    /// Whether a credential is stored.
    pub has_credential: bool,
    /// What is stored, where something is.
    #[serde(default)]
    pub credential_kind: Option<CredentialKind>,
    /// Whether the person may switch it on and off.
    pub can_manage: bool,
}

/// One start button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartButton {
    /// What it starts.
    pub operation: OperationType,
    /// What it says.
    pub label: String,
    /// Why it cannot be pressed, if it cannot.
    pub disabled_because: Option<String>,
    /// The run of this type that is active now.
    pub active_run: Option<ActiveRun>,
}

/// A run that stands in the place of its start button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveRun {
    /// Which run.
    pub id: RunId,
    /// That it is under way, or what it waits for.
    pub words: String,
}

/// The newest verification report, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportBrief {
    /// The run that made it.
    pub run_id: RunId,
    /// In one word.
    pub overall: Overall,
    /// In numbers.
    pub counts: CheckCounts,
    /// When it was made.
    pub at: Timestamp,
    /// The titles of the checks that need attention, most severe first.
    pub issues: Vec<String>,
}

/// How many objects of a kind are in the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryCount {
    /// The kind's stable key.
    pub kind: String,
    /// What the kind is called.
    pub label: String,
    /// How many.
    pub count: i64,
    /// When they were last read.
    pub seen_at: Timestamp,
}

/// Who paused a tenant's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePauseView {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A tenant's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantView {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
    /// The person's role in it.
    pub role: Role,
    /// Whether it is the selected one.
    pub is_selected: bool,
    /// Its connection, if it has one.
    pub connection: Option<ConnectionView>,
    /// The start buttons.
    pub starts: Vec<StartButton>,
    /// The newest verification report.
    pub report: Option<ReportBrief>,
    /// The inventory in numbers; none when the person may not see it.
    pub inventory: Option<Vec<InventoryCount>>,
    /// Who paused its queue, if somebody did.
    pub queue_pause: Option<QueuePauseView>,
    /// Its newest runs.
    pub recent: Vec<RunRowView>,
    /// What a start just led to, for browsers without JavaScript.
    pub started: Option<StartAnswer>,
    /// Whether the person may archive or reactivate it.
    pub can_archive: bool,
    /// Whether the person may change its settings and bring it into service.
    pub manages_settings: bool,
    /// Whether the person may connect it.
    pub manages_connection: bool,
    /// Whether the person manages its members.
    pub manages_members: bool,
    /// Server time of this answer.
    pub as_of: Timestamp,
    /// Changes when anything above does.
    pub version: String,
}

/// One object of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryObjectView {
    /// Its id at the provider.
    pub external_id: String,
    /// What it is called.
    pub name: String,
    /// Its type, in short.
    pub object_type: Option<String>,
    /// When it was last read.
    pub last_seen_at: Timestamp,
}

/// One page of a tenant's inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryView {
    /// Which tenant.
    pub tenant_id: TenantId,
    /// What it is called.
    pub tenant: String,
    /// Every kind, in numbers.
    pub kinds: Vec<InventoryCount>,
    /// The kind shown.
    pub kind: String,
    /// Its objects.
    pub objects: Vec<InventoryObjectView>,
    /// Where the next page goes on: name and id.
    pub next: Option<(String, String)>,
    /// Server time of this answer.
    pub as_of: Timestamp,
}
