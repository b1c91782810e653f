//! Storing what a connection signs in with, sealed; it is had by a running run alone.

use domain::{connection::CredentialKind, ids::ConnectionId};

use super::entry_of;
use crate::{
    Store,
    audit::{action, append},
    authority,
    error::StoreError,
    scope::Scope,
    sql::{Statement, args, same},
    tenants::TenantAccess,
};

static CREDENTIAL_STORE: Statement = same(
    "credential_store",
    "insert into provider_credentials (workspace_id, scope_id, connection_id, kind, sealed, created_at)
     values ($1, $2, $3, $6, $4, $5)
     on conflict (connection_id) do update set kind = excluded.kind, sealed = excluded.sealed,
       created_at = excluded.created_at
       where provider_credentials.workspace_id = excluded.workspace_id
         and provider_credentials.scope_id = excluded.scope_id",
);

impl Store {
    /// Stores a sealed client secret, instead of the credential there was.
    ///
    /// # Errors
    /// `NotFound` or `Database` when the connection is not the tenant's.
    pub async fn credential_store(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        connection: ConnectionId,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let kind = CredentialKind::ClientSecret;
        self.credential_of_kind(scope, tenant, connection, kind, sealed)
            .await
    }

    /// Stores a sealed certificate with its key, instead of the credential there was.
    ///
    /// # Errors
    /// `NotFound` or `Database` when the connection is not the tenant's.
    pub async fn certificate_store(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        connection: ConnectionId,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let kind = CredentialKind::Certificate;
        self.credential_of_kind(scope, tenant, connection, kind, sealed)
            .await
    }

    async fn credential_of_kind(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        connection: ConnectionId,
        kind: CredentialKind,
        sealed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold(&mut tx, scope, tenant).await?;
        let now = tx.now().await?;
        let args = args![
            tenant.workspace_id(),
            tenant.scope_id(),
            connection,
            sealed,
            now,
            kind.as_str(),
        ];
        // No row: the connection is another tenant's.
        if tx.execute(&CREDENTIAL_STORE, args).await? == 0 {
            return Err(StoreError::NotFound);
        }
        let entry = entry_of(scope, tenant, action::CREDENTIAL_STORED, connection);
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
