//! The canonical decision of the gate in its wire form (L-01); `specs/149` publishes its JSON Schema.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{ConnectionId, TenantId, UserId, WorkspaceId},
    reason::{DenialClass, ReasonCode, ReasonDetail},
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
    words::words,
};

words! {
    /// What one check of the gate found.
    pub enum CheckResult {
        /// In order.
        Passed = "passed",
        /// Not in order.
        Failed = "failed",
        /// The operation does not know this check.
        NotApplicable = "not_applicable",
    }
}

words! {
    /// Who stands behind a run.
    pub enum IdentityType {
        /// A person.
        User = "user",
        /// The system itself, by schedule.
        System = "system",
    }
}

/// Who stands behind a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initiator {
    /// A person or the system.
    pub identity_type: IdentityType,
    /// The person, where there is one.
    pub user_id: Option<UserId>,
}

/// What a run is aimed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetScope {
    /// The workspace the run belongs to.
    pub workspace_id: WorkspaceId,
    /// The tenant, unless the run is one of the workspace itself.
    pub tenant_id: Option<TenantId>,
    /// The provider connection the run would use.
    pub provider_connection_id: Option<ConnectionId>,
}

/// Every check, each with what it found (L-18: all are evaluated, whichever failed first).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// The initiator exists, is enabled and a member of the workspace; the tenant is the workspace's.
    pub workspace_scope: CheckResult,
    /// The tenant exists and the initiator is a member of it.
    pub tenant_scope: CheckResult,
    /// The initiator's role holds the required capability.
    pub capability: CheckResult,
    /// The tenant's lifecycle allows the operation.
    pub tenant_operability: CheckResult,
    /// Connection, write gate, preview, schedule, context.
    pub execution_prerequisites: CheckResult,
}

/// The rows a decision was read from, so that a checker can compare it with later changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Version of the user row.
    pub user_version: Option<i64>,
    /// Version of the workspace membership.
    pub workspace_membership_version: Option<i64>,
    /// Version of the tenant membership.
    pub tenant_membership_version: Option<i64>,
    /// Version of the tenant row.
    pub tenant_version: Option<i64>,
    /// Version of the connection row.
    pub connection_version: Option<i64>,
    /// Revision of the schedule whose slot the run fills; decisions of old do not name it.
    #[serde(default)]
    pub schedule_revision: Option<i64>,
    /// Where the tenant was in its life.
    pub tenant_lifecycle: Option<crate::lifecycle::TenantLifecycle>,
}

/// One decision of the gate about one attempt of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegitimacyDecision {
    /// The operation's code, as the run carries it.
    pub operation_type: String,
    /// In whose name the run was to start.
    pub authority_mode: AuthorityMode,
    /// The verdict.
    pub allowed: bool,
    /// Whether a person may try again.
    pub retryable: bool,
    /// Why not, when refused.
    pub reason_code: Option<ReasonCode>,
    /// Which prerequisite, when the code alone does not say it.
    pub reason_detail: Option<ReasonDetail>,
    /// The class of the refusal.
    pub denial_class: Option<DenialClass>,
    /// The capability that was asked for; none under system authority.
    pub required_capability: Option<String>,
    /// Who stands behind the run.
    pub initiator: Initiator,
    /// What the run is aimed at.
    pub target_scope: TargetScope,
    /// Every check.
    pub checks: Checks,
    /// At which moment the gate spoke.
    pub phase: DecisionPhase,
    /// Which attempt of the run this is about.
    pub attempt: i64,
    /// When the gate spoke, database time.
    pub decided_at: Timestamp,
    /// What it read.
    pub evidence: Evidence,
}

impl Checks {
    /// Every check with its stable name, in the order in which the gate asks.
    pub fn named(&self) -> [(&'static str, CheckResult); 5] {
        [
            ("workspace_scope", self.workspace_scope),
            ("tenant_scope", self.tenant_scope),
            ("capability", self.capability),
            ("tenant_operability", self.tenant_operability),
            ("execution_prerequisites", self.execution_prerequisites),
        ]
    }
}
