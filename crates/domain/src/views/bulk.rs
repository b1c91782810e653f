//! Bulk runs: choosing tenants, looking at the choice, and what became of each.

use serde::{Deserialize, Serialize};

use super::StartAnswer;
use crate::{
    bulk::BulkState,
    ids::{RunId, SelectionId, TenantId},
    lifecycle::TenantLifecycle,
    reason::DenialClass,
    time::Timestamp,
};

/// One item of a bulk run, in a tenant that the person may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkItemView {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// What the tenant is called.
    pub tenant: String,
    /// What became of it.
    pub state: BulkState,
    /// The class of a refusal.
    pub denial_class: Option<DenialClass>,
    /// Why, as a code.
    pub reason_code: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// Its run, or the one that stood in its way.
    pub run_id: Option<RunId>,
}

/// A tenant that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOption {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
}

/// The page on which tenants are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkChoiceView {
    /// The workspace.
    pub workspace: String,
    /// By name.
    pub tenants: Vec<BulkOption>,
}

/// A chosen tenant, and what stands against a run in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkChosen {
    /// Which tenant.
    pub tenant: BulkOption,
    /// Why it would be refused or left out, as a code and in words.
    pub refused: Option<(String, String)>,
    /// Why its run would wait before it can start, in words.
    pub waits: Option<String>,
}

/// The page on which a choice is looked at before it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPreviewView {
    /// Which choice.
    pub id: SelectionId,
    /// The workspace.
    pub workspace: String,
    /// When the choice was made, and looked at by the gate.
    pub chosen_at: Timestamp,
    /// The tenants, in their order.
    pub chosen: Vec<BulkChosen>,
    /// What was asked for with it already.
    pub started: Option<StartAnswer>,
}
