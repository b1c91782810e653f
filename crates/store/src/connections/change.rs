//! Changing what a connection is called, and the application it signs in as.

use domain::{
    connection::{ConsentStatus, VerificationStatus},
    ids::ConnectionId,
};
use serde_json::json;

use super::Connection;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, same},
    tenants::TenantAccess,
};

/// What may be changed about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionChange {
    /// What it is called.
    pub display_name: String,
    /// The application it signs in as.
    pub client_id: String,
}

// Consent and verification were found with the application of then; another one has neither.
static CONNECTION_CHANGE: Statement = same(
    "connection_change",
    "update provider_connections set
       display_name = $4,
       consent_status = case when client_id = $5 then consent_status else $6 end,
       verification_status = case when client_id = $5 then verification_status else $7 end,
       last_error_code = case when client_id = $5 then last_error_code end,
       client_id = $5,
       version = version + 1
     where workspace_id = $1 and tenant_id = $2 and id = $3 and client_id = $8",
);

impl Store {
    /// Gives a connection another name or application; with another application it has to be verified anew.
    ///
    /// # Errors
    /// `Conflict` when it is no longer what `connection` saw.
    pub async fn connection_change(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        connection: &Connection,
        to: &ConnectionChange,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let args = args![
            tenant.workspace_id(),
            tenant.id(),
            connection.id,
            &*to.display_name,
            &*to.client_id,
            ConsentStatus::Unknown.as_str(),
            VerificationStatus::Unverified.as_str(),
            &*connection.client_id,
        ];
        if tx.execute(&CONNECTION_CHANGE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = entry_of(scope, tenant, connection.id, connection, to);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}

fn entry_of(
    scope: &Scope,
    tenant: &TenantAccess,
    id: ConnectionId,
    from: &Connection,
    to: &ConnectionChange,
) -> AuditEntry {
    let detail = json!({
        "from": { "name": from.display_name, "application": from.client_id },
        "to": { "name": to.display_name, "application": to.client_id },
    });
    AuditEntry {
        workspace_id: tenant.workspace_id(),
        scope_id: tenant.scope_id(),
        action: action::CONNECTION_CHANGED,
        actor: AuditActor::of(scope),
        subject_id: id.as_uuid(),
        run_id: None,
        detail: detail.to_string(),
    }
}
