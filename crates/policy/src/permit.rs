//! What a decision turns into: a permit, a refusal, and, after the commit, a running run.

use domain::{
    decision::LegitimacyDecision,
    ids::{ConnectionId, RunId, ScopeId, TenantId, WorkspaceId},
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
};

use crate::facts::Facts;

/// One attempt of one run in its scope: what every write for it is fenced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunKey {
    /// Which run.
    pub run_id: RunId,
    /// Which attempt; the only fence there is.
    pub attempt: i64,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// What it belongs to.
    pub scope_id: ScopeId,
}

impl RunKey {
    fn of(facts: &Facts) -> Self {
        Self {
            run_id: facts.run.id,
            attempt: facts.run.attempt,
            workspace_id: facts.run.workspace_id,
            scope_id: facts.run.scope_id,
        }
    }
}

/// What the gate decided.
#[derive(Debug)]
pub enum Ruling {
    /// The run may start.
    Allowed(Permit),
    /// The run may not start.
    Refused(Refusal),
}

/// The gate's leave to start one attempt; worth nothing until it went through [`crate::start`].
///
/// Only the gate makes one:
///
/// ```compile_fail
/// fn forge(key: policy::RunKey, decision: domain::decision::LegitimacyDecision) -> policy::Permit {
///     policy::Permit { key, decision, operation: domain::operation::OperationType::InventorySync, tenant_id: None, connection_id: None }
/// }
/// ```
///
/// Its twin that compiles differs in asking the gate:
///
/// ```
/// fn ask(facts: &policy::Facts) -> policy::Ruling {
///     policy::decide(facts)
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    key: RunKey,
    decision: LegitimacyDecision,
    operation: OperationType,
    tenant_id: Option<TenantId>,
    connection_id: Option<ConnectionId>,
}

impl Permit {
    /// Only `decide` calls this, and only with an operation it found in the catalog.
    pub(crate) fn new(
        facts: &Facts,
        operation: OperationType,
        decision: LegitimacyDecision,
    ) -> Self {
        Self {
            key: RunKey::of(facts),
            decision,
            operation,
            tenant_id: facts.run.tenant_id,
            connection_id: facts
                .bound_connection()
                .map(|connection| connection.connection_id),
        }
    }

    /// Which attempt it is for.
    pub const fn key(&self) -> RunKey {
        self.key
    }

    /// The decision, as it is recorded.
    pub const fn decision(&self) -> &LegitimacyDecision {
        &self.decision
    }

    pub(crate) fn into_running(self) -> Running {
        Running {
            key: self.key,
            operation: self.operation,
            tenant_id: self.tenant_id,
            connection_id: self.connection_id,
        }
    }
}

/// The gate's refusal of one attempt.
#[derive(Debug)]
pub struct Refusal {
    key: RunKey,
    decision: LegitimacyDecision,
    code: ReasonCode,
    detail: Option<ReasonDetail>,
}

impl Refusal {
    pub(crate) fn new(
        facts: &Facts,
        decision: LegitimacyDecision,
        code: ReasonCode,
        detail: Option<ReasonDetail>,
    ) -> Self {
        Self {
            key: RunKey::of(facts),
            decision,
            code,
            detail,
        }
    }

    /// Which attempt it is about.
    pub const fn key(&self) -> RunKey {
        self.key
    }

    /// The decision, as it is recorded.
    pub const fn decision(&self) -> &LegitimacyDecision {
        &self.decision
    }

    /// Why.
    pub const fn code(&self) -> ReasonCode {
        self.code
    }

    /// Which prerequisite.
    pub const fn detail(&self) -> Option<ReasonDetail> {
        self.detail
    }
}

/// Proof that this attempt was allowed and that its start is committed.
///
/// It is made in one place, after the commit, and cannot be copied:
///
/// ```compile_fail
/// fn twice(running: policy::Running) -> (policy::Running, policy::Running) {
///     (running.clone(), running)
/// }
/// ```
///
/// Its twin that compiles differs in handing on the one there is:
///
/// ```
/// fn once(running: policy::Running) -> policy::Running {
///     running
/// }
/// ```
#[derive(Debug)]
pub struct Running {
    key: RunKey,
    operation: OperationType,
    tenant_id: Option<TenantId>,
    connection_id: Option<ConnectionId>,
}

impl Running {
    /// Which attempt is running.
    pub const fn key(&self) -> RunKey {
        self.key
    }

    /// What it does.
    pub const fn operation(&self) -> OperationType {
        self.operation
    }

    /// The tenant it works on.
    pub const fn tenant_id(&self) -> Option<TenantId> {
        self.tenant_id
    }

    /// The provider connection it may use.
    pub const fn connection_id(&self) -> Option<ConnectionId> {
        self.connection_id
    }
}
