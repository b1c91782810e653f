//! Provider connections and their sealed credentials.

mod change;
mod credential;

pub use change::ConnectionChange;

use domain::{
    connection::{ConsentStatus, CredentialKind, VerificationStatus},
    ids::{ConnectionId, TenantId, WorkspaceId},
    time::Timestamp,
};
use policy::Running;
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    new_id::new_id,
    scope::Scope,
    sql::{Row, Statement, args, dialects, same},
    tenants::TenantAccess,
};

/// A provider connection as pages show it; never its credential.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Which connection.
    pub id: ConnectionId,
    /// What it is called.
    pub display_name: String,
    /// The directory it connects to.
    pub entra_tenant_id: String,
    /// The application it signs in as.
    pub client_id: String,
    /// Whether it is switched on.
    pub is_enabled: bool,
    /// Whether consent is there.
    pub consent: ConsentStatus,
    /// What the last verification found.
    pub verification: VerificationStatus,
    /// When it was last verified.
    pub last_checked_at: Option<Timestamp>,
    /// What was wrong then.
    pub last_error_code: Option<String>,
    /// Whether a credential is stored.
    pub has_credential: bool,
    /// What is stored, where something is.
    pub credential_kind: Option<CredentialKind>,
}

/// A connection to create.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// What it is called.
    pub display_name: String,
    /// The directory it connects to.
    pub entra_tenant_id: String,
    /// The application it signs in as.
    pub client_id: String,
    /// Whether consent is there.
    pub consent: ConsentStatus,
    /// What is known of it.
    pub verification: VerificationStatus,
}

/// What a running run needs to sign in at the provider.
#[derive(Debug, Clone)]
pub struct ConnectionSecret {
    /// Which connection.
    pub id: ConnectionId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The directory it connects to.
    pub entra_tenant_id: String,
    /// The application it signs in as.
    pub client_id: String,
    /// What it is that was sealed.
    pub kind: CredentialKind,
    /// The sealed credential.
    pub sealed: Vec<u8>,
}

static CONNECTION_CREATE: Statement = same(
    "connection_create",
    "insert into provider_connections (workspace_id, tenant_id, id, provider, display_name, entra_tenant_id,
       client_id, is_default, is_enabled, consent_status, verification_status, version, created_at)
     values ($1, $2, $3, 'microsoft', $4, $5, $6, true, true, $7, $8, $9, $9)
     on conflict (tenant_id, provider) where is_default do nothing",
);
static CONNECTION_OF_TENANT: Statement = same(
    "connection_of_tenant",
    "select c.id, c.display_name, c.entra_tenant_id, c.client_id, c.is_enabled, c.consent_status,
       c.verification_status, c.last_checked_at, c.last_error_code,
       k.connection_id is not null as has_credential, k.kind as credential_kind
     from provider_connections c left join provider_credentials k on k.connection_id = c.id
     where c.workspace_id = $1 and c.tenant_id = $2 and c.is_default order by c.id limit 1",
);
static CONNECTION_SECRET: Statement = same(
    "connection_secret",
    "select c.id, c.workspace_id, c.tenant_id, c.entra_tenant_id, c.client_id, k.kind, k.sealed
     from provider_connections c join provider_credentials k on k.connection_id = c.id
     where c.id = $1 and c.workspace_id = $2 and c.scope_id = $3",
);
static CONNECTION_SWITCH: Statement = same(
    "connection_switch",
    "update provider_connections set is_enabled = $4, version = version + 1
     where workspace_id = $1 and tenant_id = $2 and id = $3",
);
// The attempt fences this write like every other one.
static VERIFIED_FENCE: Statement = dialects(
    "connection_verified_fence",
    "select id from operation_runs where id = $1 and attempt = $2 and status = 'running'",
    "select id from operation_runs where id = $1 and attempt = $2 and status = 'running' for share",
);
static CONNECTION_VERIFIED: Statement = same(
    "connection_verified",
    "update provider_connections set verification_status = $4, last_checked_at = $5, last_error_code = $6,
       consent_status = coalesce($7, consent_status), version = version + 1
     where id = $1 and workspace_id = $2 and scope_id = $3",
);

fn connection_of(row: &Row) -> Result<Connection, StoreError> {
    Ok(Connection {
        id: ConnectionId::from_uuid(row.uuid("id")?),
        display_name: row.text("display_name")?,
        entra_tenant_id: row.text("entra_tenant_id")?,
        client_id: row.text("client_id")?,
        is_enabled: row.flag("is_enabled")?,
        consent: row.word("consent_status", ConsentStatus::parse)?,
        verification: row.word("verification_status", VerificationStatus::parse)?,
        last_checked_at: row.opt_time("last_checked_at")?,
        last_error_code: row.opt_text("last_error_code")?,
        has_credential: row.flag("has_credential")?,
        credential_kind: row.opt_word("credential_kind", CredentialKind::parse)?,
    })
}

/// What a verification found about a connection.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The status to show.
    pub verification: VerificationStatus,
    /// The consent as the provider's answers show it; none when they say nothing about it.
    pub consent: Option<ConsentStatus>,
    /// The code of what was wrong, if something was.
    pub error_code: Option<String>,
}

impl Store {
    /// Creates the default connection of a tenant.
    ///
    /// # Errors
    /// `Conflict` when the tenant has one already.
    pub async fn connection_create(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        new: NewConnection,
    ) -> Result<ConnectionId, StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let id = new_id(ConnectionId::from_uuid);
        let args = args![
            tenant.workspace_id(),
            tenant.id(),
            id,
            new.display_name,
            new.entra_tenant_id,
            new.client_id,
            new.consent.as_str(),
            new.verification.as_str(),
            now,
        ];
        if tx.execute(&CONNECTION_CREATE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = entry_of(scope, tenant, action::CONNECTION_CREATED, id);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The default connection of a tenant, if it has one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connection(
        &self,
        tenant: &TenantAccess,
    ) -> Result<Option<Connection>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.id()];
        let row = self.db.first(&CONNECTION_OF_TENANT, args).await?;
        row.as_ref().map(connection_of).transpose()
    }

    /// Switches a connection on.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no such connection.
    pub async fn connection_enable(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ConnectionId,
    ) -> Result<(), StoreError> {
        self.connection_switch(scope, tenant, id, true, action::CONNECTION_ENABLED)
            .await
    }

    /// Switches a connection off: queued runs that need it are refused at their start.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no such connection.
    pub async fn connection_disable(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ConnectionId,
    ) -> Result<(), StoreError> {
        self.connection_switch(scope, tenant, id, false, action::CONNECTION_DISABLED)
            .await
    }

    async fn connection_switch(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        id: ConnectionId,
        enabled: bool,
        action: &'static str,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let args = args![tenant.workspace_id(), tenant.id(), id, enabled];
        if tx.execute(&CONNECTION_SWITCH, args).await? == 0 {
            return Err(StoreError::NotFound);
        }
        append(&mut tx, now, vec![entry_of(scope, tenant, action, id)]).await?;
        tx.commit().await
    }

    /// What a running run needs to sign in at the provider; there is no other way to it.
    ///
    /// # Errors
    /// `NotFound` when the run names no connection, or its credential is gone.
    pub async fn connection_secret(
        &self,
        running: &Running,
    ) -> Result<ConnectionSecret, StoreError> {
        let id = running.connection_id().ok_or(StoreError::NotFound)?;
        let key = running.key();
        let args = args![id, key.workspace_id, key.scope_id];
        let row = self
            .db
            .first(&CONNECTION_SECRET, args)
            .await?
            .ok_or(StoreError::NotFound)?;
        Ok(ConnectionSecret {
            id,
            workspace_id: key.workspace_id,
            tenant_id: TenantId::from_uuid(row.uuid("tenant_id")?),
            entra_tenant_id: row.text("entra_tenant_id")?,
            client_id: row.text("client_id")?,
            kind: row.word("kind", CredentialKind::parse)?,
            sealed: row.bytes("sealed")?,
        })
    }

    /// Writes down what a verification found; in a transaction of its own, after the claim's.
    ///
    /// # Errors
    /// `NotFound` when the run names no connection; `LeaseLost` when another attempt has taken over.
    pub async fn connection_verified(
        &self,
        running: &Running,
        found: &Verified,
    ) -> Result<(), StoreError> {
        let id = running.connection_id().ok_or(StoreError::NotFound)?;
        let key = running.key();
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let fence = args![key.run_id, key.attempt];
        tx.first(&VERIFIED_FENCE, fence)
            .await?
            .ok_or(StoreError::LeaseLost)?;
        let args = args![
            id,
            key.workspace_id,
            key.scope_id,
            found.verification.as_str(),
            now,
            found.error_code.clone(),
            found.consent.map(ConsentStatus::as_str),
        ];
        tx.execute(&CONNECTION_VERIFIED, args).await?;
        let entry = AuditEntry {
            workspace_id: key.workspace_id,
            scope_id: key.scope_id,
            action: action::CONNECTION_VERIFIED,
            actor: AuditActor {
                id: None,
                name: "TenantAtlas".to_owned(),
            },
            subject_id: id.as_uuid(),
            run_id: Some(key.run_id),
            detail: json!({ "verification": found.verification, "consent": found.consent })
                .to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}

fn entry_of(
    scope: &Scope,
    tenant: &TenantAccess,
    action: &'static str,
    id: ConnectionId,
) -> AuditEntry {
    AuditEntry {
        workspace_id: tenant.workspace_id(),
        scope_id: tenant.scope_id(),
        action,
        actor: AuditActor {
            id: Some(scope.user_id),
            name: scope.display_name.clone(),
        },
        subject_id: id.as_uuid(),
        run_id: None,
        detail: "{}".to_owned(),
    }
}
