//! What an entry of the audit log tells, before it has its place in the chain.

use domain::ids::{RunId, ScopeId, UserId, WorkspaceId};
use policy::RunKey;
use uuid::Uuid;

use crate::scope::Scope;

/// Who did what an entry tells of.
#[derive(Debug, Clone)]
pub(crate) struct AuditActor {
    pub(crate) id: Option<UserId>,
    pub(crate) name: String,
}

impl AuditActor {
    /// Nobody: the program by itself.
    pub(crate) fn system() -> Self {
        Self {
            id: None,
            name: "System".to_owned(),
        }
    }

    /// Whoever may run the program on its own machine; nobody is signed in there.
    pub(crate) fn command_line() -> Self {
        Self {
            id: None,
            name: "Command line".to_owned(),
        }
    }

    /// The person who asks.
    pub(crate) fn of(scope: &Scope) -> Self {
        Self {
            id: Some(scope.user_id),
            name: scope.display_name.clone(),
        }
    }
}

/// One entry, before it has its place in the chain.
#[derive(Debug, Clone)]
pub(crate) struct AuditEntry {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) scope_id: ScopeId,
    pub(crate) action: &'static str,
    pub(crate) actor: AuditActor,
    pub(crate) subject_id: Uuid,
    pub(crate) run_id: Option<RunId>,
    pub(crate) detail: String,
}

impl AuditEntry {
    /// What happened to a run.
    pub(crate) fn of_run(
        key: RunKey,
        action: &'static str,
        actor: AuditActor,
        detail: String,
    ) -> Self {
        Self {
            workspace_id: key.workspace_id,
            scope_id: key.scope_id,
            action,
            actor,
            subject_id: key.run_id.as_uuid(),
            run_id: Some(key.run_id),
            detail,
        }
    }
}
