//! Tenants and the leave to look at them.

use domain::{
    capability::{Capability, Role},
    error::ApiError,
    ids::{ScopeId, TenantId, WorkspaceId},
    lifecycle::TenantLifecycle,
};
use policy::Grants;
use serde_json::json;

mod change;

pub use change::TenantDetails;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    members::set_tenant_role,
    new_id::new_id,
    scope::{Scope, WorkspaceAccess},
    sql::{Row, Statement, args, dialects, id_list, same},
};

/// Leave to look at a tenant, with the person's role in it.
///
/// Only the store makes one, from a membership that is in the database at that moment.
#[derive(Debug, Clone)]
pub struct TenantAccess {
    id: TenantId,
    workspace_id: WorkspaceId,
    name: String,
    entra_tenant_id: Option<String>,
    lifecycle: TenantLifecycle,
    role: Role,
}

/// The scopes of tenants, for statements that ask about all of them.
pub(crate) fn scopes_of(tenants: &[TenantAccess]) -> Result<String, StoreError> {
    id_list(tenants.iter().map(|tenant| tenant.scope_id().as_uuid()))
}

impl TenantAccess {
    /// Which tenant.
    pub const fn id(&self) -> TenantId {
        self.id
    }

    /// The workspace that owns it.
    pub const fn workspace_id(&self) -> WorkspaceId {
        self.workspace_id
    }

    /// What its rows belong to.
    pub fn scope_id(&self) -> ScopeId {
        ScopeId::of(self.workspace_id, Some(self.id))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory's id at the provider, once known.
    pub fn entra_tenant_id(&self) -> Option<&str> {
        self.entra_tenant_id.as_deref()
    }

    /// Where it is in its life.
    pub const fn lifecycle(&self) -> TenantLifecycle {
        self.lifecycle
    }

    /// The person's role in it.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What the person may do in it.
    pub const fn grants(&self) -> Grants {
        Grants::of_membership(self.role)
    }

    /// Asks for a capability in the tenant.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require(&self, capability: Capability) -> Result<(), ApiError> {
        policy::require(self.grants(), capability)
    }
}

/// A tenant to create.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// What it is called.
    pub name: String,
    /// Its directory's id at the provider, once known.
    pub entra_tenant_id: Option<String>,
    /// Where it begins its life.
    pub lifecycle: TenantLifecycle,
}

static TENANT_CREATE: Statement = same(
    "tenant_create",
    "insert into tenants (workspace_id, id, name, entra_tenant_id, lifecycle, version, created_at)
     values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (workspace_id, entra_tenant_id) do nothing",
);
static TENANT_RESOLVE: Statement = same(
    "tenant_resolve",
    "select t.id, t.workspace_id, t.name, t.entra_tenant_id, t.lifecycle, m.role from tenants t
     join workspace_memberships w on w.workspace_id = t.workspace_id and w.user_id = $2
     join tenant_memberships m on m.tenant_id = t.id and m.user_id = $2
     join users u on u.id = $2 and u.disabled_at is null
     where t.id = $1",
);
static TENANTS_OF_USER: Statement = same(
    "tenants_of_user",
    "select t.id, t.workspace_id, t.name, t.entra_tenant_id, t.lifecycle, m.role from tenants t
     join workspace_memberships w on w.workspace_id = t.workspace_id and w.user_id = $2
     join tenant_memberships m on m.tenant_id = t.id and m.user_id = $2
     join users u on u.id = $2 and u.disabled_at is null
     where t.workspace_id = $1 order by t.name, t.id",
);
static TENANT_LIFECYCLE_SET: Statement = same(
    "tenant_lifecycle_set",
    "update tenants set lifecycle = $3, version = version + 1
     where workspace_id = $1 and id = $2 and lifecycle = $4",
);
static SESSIONS_FORGET_TENANT: Statement = dialects(
    "sessions_forget_tenant",
    "update sessions set tenant_id = null where tenant_id = $1",
    "update sessions set tenant_id = null where tenant_id = $1",
);

fn access_of(row: &Row) -> Result<TenantAccess, StoreError> {
    Ok(TenantAccess {
        id: TenantId::from_uuid(row.uuid("id")?),
        workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
        name: row.text("name")?,
        entra_tenant_id: row.opt_text("entra_tenant_id")?,
        lifecycle: row.word("lifecycle", TenantLifecycle::parse)?,
        role: row.word("role", Role::parse)?,
    })
}

impl Store {
    /// Creates a tenant in a workspace; the person who does becomes its owner.
    ///
    /// # Errors
    /// `Conflict` when the directory is another tenant's of this workspace.
    pub async fn tenant_create(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        tenant: NewTenant,
    ) -> Result<TenantId, StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold_in_workspace(&mut tx, scope, workspace).await?;
        let now = tx.now().await?;
        let id = new_id(TenantId::from_uuid);
        let lifecycle = tenant.lifecycle.as_str();
        let args = args![
            workspace.id,
            id,
            &*tenant.name,
            tenant.entra_tenant_id,
            lifecycle,
            now
        ];
        if tx.execute(&TENANT_CREATE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        set_tenant_role(&mut tx, now, workspace.id, id, scope.user_id, Role::Owner).await?;
        let actor = AuditActor::of(scope);
        let entry = |action, subject_id, detail: serde_json::Value| AuditEntry {
            workspace_id: workspace.id,
            scope_id: ScopeId::of(workspace.id, Some(id)),
            action,
            actor: actor.clone(),
            subject_id,
            run_id: None,
            detail: detail.to_string(),
        };
        let entries = vec![
            entry(
                action::TENANT_CREATED,
                id.as_uuid(),
                json!({ "name": tenant.name, "lifecycle": lifecycle }),
            ),
            entry(
                action::TENANT_ROLE_SET,
                scope.user_id.as_uuid(),
                json!({ "role": Role::Owner }),
            ),
        ];
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Resolves a tenant the person is entitled to.
    ///
    /// # Errors
    /// `NotFound` for an unknown id and for a tenant of other people alike (V-02).
    pub async fn tenant(&self, scope: &Scope, id: TenantId) -> Result<TenantAccess, StoreError> {
        let row = self
            .db
            .first(&TENANT_RESOLVE, args![id, scope.user_id])
            .await?;
        access_of(&row.ok_or(StoreError::NotFound)?)
    }

    /// The tenants of a workspace that the person is entitled to, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tenants(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
    ) -> Result<Vec<TenantAccess>, StoreError> {
        let rows = self
            .db
            .fetch(&TENANTS_OF_USER, args![workspace.id, scope.user_id])
            .await?;
        rows.iter().map(access_of).collect()
    }

    /// Moves a tenant on in its life.
    ///
    /// # Errors
    /// `Conflict` when it is no longer where `tenant` saw it.
    pub async fn tenant_lifecycle_set(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        to: TenantLifecycle,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let from = tenant.lifecycle;
        let args = args![tenant.workspace_id, tenant.id, to.as_str(), from.as_str()];
        if tx.execute(&TENANT_LIFECYCLE_SET, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        if !to.is_selectable() {
            tx.execute(&SESSIONS_FORGET_TENANT, args![tenant.id])
                .await?;
        }
        let entry = AuditEntry {
            workspace_id: tenant.workspace_id,
            scope_id: tenant.scope_id(),
            action: action::TENANT_LIFECYCLE_SET,
            actor: AuditActor::of(scope),
            subject_id: tenant.id.as_uuid(),
            run_id: None,
            detail: json!({ "from": from, "to": to }).to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
