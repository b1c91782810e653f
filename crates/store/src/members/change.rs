//! Changing memberships, each change with its audit entry.

use domain::{
    capability::Role,
    ids::{ScopeId, TenantId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde_json::json;

use super::guard::{tenant_keeps_an_owner, tenants_keep_an_owner, workspace_keeps_an_owner};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    scope::{Scope, WorkspaceAccess},
    sql::{Statement, Tx, args, dialects, same},
    tenants::TenantAccess,
};

pub(super) static WORKSPACE_ROLE_SET: Statement = dialects(
    "workspace_role_set",
    "insert into workspace_memberships (workspace_id, user_id, role, version, created_at)
     values ($1, $2, $3, $4, $4)
     on conflict (workspace_id, user_id) do update set role = excluded.role, version = version + 1",
    "insert into workspace_memberships (workspace_id, user_id, role, version, created_at)
     values ($1, $2, $3, $4, $4)
     on conflict (workspace_id, user_id) do update
       set role = excluded.role, version = workspace_memberships.version + 1",
);
static TENANT_ROLE_SET: Statement = dialects(
    "tenant_role_set",
    "insert into tenant_memberships (workspace_id, tenant_id, user_id, role, version, created_at)
     values ($1, $2, $3, $4, $5, $5)
     on conflict (tenant_id, user_id) do update set role = excluded.role, version = version + 1",
    "insert into tenant_memberships (workspace_id, tenant_id, user_id, role, version, created_at)
     values ($1, $2, $3, $4, $5, $5)
     on conflict (tenant_id, user_id) do update
       set role = excluded.role, version = tenant_memberships.version + 1",
);
static WORKSPACE_MEMBER_REMOVE: Statement = same(
    "workspace_member_remove",
    "delete from workspace_memberships where workspace_id = $1 and user_id = $2",
);
static TENANT_MEMBER_REMOVE: Statement = same(
    "tenant_member_remove",
    "delete from tenant_memberships where workspace_id = $1 and tenant_id = $2 and user_id = $3",
);
/// Whom a role is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Whoever may be a member from now on.
    Anybody,
    /// Who is a member already: nobody comes back who was taken out meanwhile.
    Member,
}

/// A change of a membership, for the audit log.
struct Change {
    workspace_id: WorkspaceId,
    scope_id: ScopeId,
    action: &'static str,
    user: UserId,
    detail: serde_json::Value,
}

fn is_for(whom: Whom, had: Option<Role>) -> Result<(), StoreError> {
    match (whom, had) {
        (Whom::Member, None) => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

async fn commit_change(
    mut tx: Tx,
    scope: &Scope,
    now: Timestamp,
    change: Change,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        workspace_id: change.workspace_id,
        scope_id: change.scope_id,
        action: change.action,
        actor: AuditActor {
            id: Some(scope.user_id),
            name: scope.display_name.clone(),
        },
        subject_id: change.user.as_uuid(),
        run_id: None,
        detail: change.detail.to_string(),
    };
    append(&mut tx, now, vec![entry]).await?;
    tx.commit().await
}

impl Store {
    /// Gives a person a role in a workspace, new or instead of the one they had.
    ///
    /// # Errors
    /// `LastOwner` when it would leave the workspace without an owner; `NotFound` when whoever asks lost it
    /// meanwhile, `Conflict` when their role is another.
    pub async fn workspace_role_set(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        user: UserId,
        role: Role,
    ) -> Result<(), StoreError> {
        self.workspace_role(scope, workspace, user, role, Whom::Anybody)
            .await
    }

    /// Gives a member of a workspace another role.
    ///
    /// # Errors
    /// As [`Store::workspace_role_set`], and `NotFound` when they are no member.
    pub async fn workspace_role_change(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        user: UserId,
        role: Role,
    ) -> Result<(), StoreError> {
        self.workspace_role(scope, workspace, user, role, Whom::Member)
            .await
    }

    async fn workspace_role(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        user: UserId,
        role: Role,
        whom: Whom,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let had = workspace_keeps_an_owner(&mut tx, scope, workspace, user, Some(role)).await?;
        is_for(whom, had)?;
        tx.execute(
            &WORKSPACE_ROLE_SET,
            args![workspace.id, user, role.as_str(), now],
        )
        .await?;
        let change = Change {
            workspace_id: workspace.id,
            scope_id: workspace.scope_id(),
            action: action::WORKSPACE_ROLE_SET,
            user,
            detail: json!({ "role": role }),
        };
        commit_change(tx, scope, now, change).await
    }

    /// Takes a person out of a workspace and out of all its tenants.
    ///
    /// # Errors
    /// `NotFound` when they are no member; `LastOwner` when they are the last owner, and
    /// `LastOwnerOfTenant` when they are that of a tenant.
    pub async fn workspace_member_remove(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        user: UserId,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        workspace_keeps_an_owner(&mut tx, scope, workspace, user, None).await?;
        tenants_keep_an_owner(&mut tx, workspace.id, user, scope.user_id).await?;
        if tx
            .execute(&WORKSPACE_MEMBER_REMOVE, args![workspace.id, user])
            .await?
            == 0
        {
            return Err(StoreError::NotFound);
        }
        let change = Change {
            workspace_id: workspace.id,
            scope_id: workspace.scope_id(),
            action: action::WORKSPACE_MEMBER_REMOVED,
            user,
            detail: json!({}),
        };
        commit_change(tx, scope, now, change).await
    }

    /// Gives a member of the workspace a role in a tenant, new or instead of the one they had.
    ///
    /// # Errors
    /// `LastOwner` when it would leave the tenant without an owner; `Database` when the person is
    /// no member of the workspace: the database refuses it. `NotFound` when whoever asks lost the tenant
    /// meanwhile, `Conflict` when their role is another.
    pub async fn tenant_role_set(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        user: UserId,
        role: Role,
    ) -> Result<(), StoreError> {
        self.tenant_role(scope, tenant, user, role, Whom::Anybody)
            .await
    }

    /// Gives a member of a tenant another role.
    ///
    /// # Errors
    /// As [`Store::tenant_role_set`], and `NotFound` when they are no member.
    pub async fn tenant_role_change(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        user: UserId,
        role: Role,
    ) -> Result<(), StoreError> {
        self.tenant_role(scope, tenant, user, role, Whom::Member)
            .await
    }

    async fn tenant_role(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        user: UserId,
        role: Role,
        whom: Whom,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let had = tenant_keeps_an_owner(&mut tx, scope, tenant, user, Some(role)).await?;
        is_for(whom, had)?;
        set_tenant_role(&mut tx, now, tenant.workspace_id(), tenant.id(), user, role).await?;
        let change = Change {
            workspace_id: tenant.workspace_id(),
            scope_id: tenant.scope_id(),
            action: action::TENANT_ROLE_SET,
            user,
            detail: json!({ "role": role }),
        };
        commit_change(tx, scope, now, change).await
    }

    /// Takes a person out of a tenant.
    ///
    /// # Errors
    /// `NotFound` when they are no member of it; `LastOwner` when they are its last owner.
    pub async fn tenant_member_remove(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        user: UserId,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tenant_keeps_an_owner(&mut tx, scope, tenant, user, None).await?;
        let args = args![tenant.workspace_id(), tenant.id(), user];
        if tx.execute(&TENANT_MEMBER_REMOVE, args).await? == 0 {
            return Err(StoreError::NotFound);
        }
        let change = Change {
            workspace_id: tenant.workspace_id(),
            scope_id: tenant.scope_id(),
            action: action::TENANT_MEMBER_REMOVED,
            user,
            detail: json!({}),
        };
        commit_change(tx, scope, now, change).await
    }
}

/// Writes a tenant membership; the version of a new row is later than that of any row before it.
pub(crate) async fn set_tenant_role(
    tx: &mut Tx,
    now: Timestamp,
    workspace: WorkspaceId,
    tenant: TenantId,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    tx.execute(
        &TENANT_ROLE_SET,
        args![workspace, tenant, user, role.as_str(), now],
    )
    .await
    .map(drop)
}
