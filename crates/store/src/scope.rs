//! Who asks: a scope is made from a session row, and in no other way.

use domain::{
    capability::{Capability, Role},
    error::ApiError,
    ids::{RequestId, ScopeId, TenantId, UserId, WorkspaceId},
};
use policy::Grants;

use crate::{
    Store,
    error::StoreError,
    sql::{Row, Statement, args, same},
};

/// The signed-in person behind a request; the first parameter of every service call.
///
/// Only the store makes one, from a session that is in the database at that moment.
#[derive(Debug, Clone)]
pub struct Scope {
    pub(crate) user_id: UserId,
    pub(crate) display_name: String,
    pub(crate) email: String,
    pub(crate) session_hash: [u8; 32],
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) tenant_id: Option<TenantId>,
    pub(crate) request_id: RequestId,
}

impl Scope {
    /// Who asks.
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// What the person is called.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// What the person signs in with.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The workspace selected in the header.
    pub const fn selected_workspace(&self) -> Option<WorkspaceId> {
        self.workspace_id
    }

    /// The tenant selected in the header.
    pub const fn selected_tenant(&self) -> Option<TenantId> {
        self.tenant_id
    }

    /// The request this scope serves.
    pub const fn request_id(&self) -> RequestId {
        self.request_id
    }
}

/// Leave to look at a workspace, with the person's role in it.
#[derive(Debug, Clone)]
pub struct WorkspaceAccess {
    pub(crate) id: WorkspaceId,
    pub(crate) name: String,
    pub(crate) role: Role,
}

impl WorkspaceAccess {
    /// Which workspace.
    pub const fn id(&self) -> WorkspaceId {
        self.id
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The person's role in it.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What the person may do in it.
    pub const fn grants(&self) -> Grants {
        Grants::of_membership(self.role)
    }

    /// Asks for a capability in the workspace.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require(&self, capability: Capability) -> Result<(), ApiError> {
        policy::require(self.grants(), capability)
    }

    /// What the workspace's own rows belong to.
    pub fn scope_id(&self) -> ScopeId {
        ScopeId::of(self.id, None)
    }
}

static WORKSPACE_RESOLVE: Statement = same(
    "workspace_resolve",
    "select w.id, w.name, m.role from workspaces w
     join workspace_memberships m on m.workspace_id = w.id
     join users u on u.id = m.user_id and u.disabled_at is null
     where w.id = $1 and m.user_id = $2",
);
static WORKSPACES_OF_USER: Statement = same(
    "workspaces_of_user",
    "select w.id, w.name, m.role from workspaces w
     join workspace_memberships m on m.workspace_id = w.id
     join users u on u.id = m.user_id and u.disabled_at is null
     where m.user_id = $1 order by w.name, w.id",
);

fn access_of(row: &Row) -> Result<WorkspaceAccess, StoreError> {
    Ok(WorkspaceAccess {
        id: WorkspaceId::from_uuid(row.uuid("id")?),
        name: row.text("name")?,
        role: row.word("role", Role::parse)?,
    })
}

impl Store {
    /// The workspaces the person is a member of, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn workspaces(&self, scope: &Scope) -> Result<Vec<WorkspaceAccess>, StoreError> {
        let rows = self
            .db
            .fetch(&WORKSPACES_OF_USER, args![scope.user_id])
            .await?;
        rows.iter().map(access_of).collect()
    }

    /// Resolves a workspace the person is a member of.
    ///
    /// # Errors
    /// `NotFound` for an unknown id and for somebody else's workspace alike.
    pub async fn workspace(
        &self,
        scope: &Scope,
        id: WorkspaceId,
    ) -> Result<WorkspaceAccess, StoreError> {
        let row = self
            .db
            .first(&WORKSPACE_RESOLVE, args![id, scope.user_id])
            .await?;
        access_of(&row.ok_or(StoreError::NotFound)?)
    }

    /// The selected workspace, or the first one when none is selected or the selection went stale.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of none.
    pub async fn current_workspace(&self, scope: &Scope) -> Result<WorkspaceAccess, StoreError> {
        if let Some(id) = scope.workspace_id {
            match self.workspace(scope, id).await {
                Err(StoreError::NotFound) => {}
                answer => return answer,
            }
        }
        self.workspaces(scope)
            .await?
            .into_iter()
            .next()
            .ok_or(StoreError::NotFound)
    }
}
