//! Changing what a tenant is called, and which directory it is.

use serde_json::json;

use super::TenantAccess;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, same},
};

/// What may be changed about a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDetails {
    /// What it is called.
    pub name: String,
    /// Its directory's id at the provider, once known.
    pub entra_tenant_id: Option<String>,
}

// A connection signs in to the tenant's directory; under it the directory does not change.
static TENANT_CHANGE: Statement = same(
    "tenant_change",
    "update tenants set name = $3, entra_tenant_id = $4, version = version + 1
     where workspace_id = $1 and id = $2
       and not exists (select 1 from tenants o
         where o.workspace_id = $1 and o.entra_tenant_id = $4 and o.id <> $2)
       and (entra_tenant_id is not distinct from $4
         or not exists (select 1 from provider_connections c where c.workspace_id = $1 and c.tenant_id = $2))",
);

impl Store {
    /// Gives a tenant another name, or another directory while nothing is connected to it.
    ///
    /// # Errors
    /// `Conflict` when the directory is another tenant's of the workspace, or is connected to already.
    pub async fn tenant_change(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        to: &TenantDetails,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let args = args![
            tenant.workspace_id,
            tenant.id,
            &*to.name,
            to.entra_tenant_id.clone()
        ];
        if tx.execute(&TENANT_CHANGE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let detail = json!({
            "from": { "name": tenant.name, "directory": tenant.entra_tenant_id },
            "to": { "name": to.name, "directory": to.entra_tenant_id },
        });
        let entry = AuditEntry {
            workspace_id: tenant.workspace_id,
            scope_id: tenant.scope_id(),
            action: action::TENANT_CHANGED,
            actor: AuditActor::of(scope),
            subject_id: tenant.id.as_uuid(),
            run_id: None,
            detail: detail.to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
