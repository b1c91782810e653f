//! A tenant's connection: the application, its switch, and its secret, which goes in and never comes out (P-02).

use domain::{
    capability::Capability,
    connection::{ConsentStatus, VerificationStatus},
    error::ApiError,
    ids::ConnectionId,
    views::{ConnectionPageView, NamedTenant, PermissionView},
};
use secrecy::SecretString;
use store::{Connection, ConnectionChange, NewConnection, Scope, StoreError, TenantAccess};

use super::{fields, tenant_page::connection_view};
use crate::{Services, families::permissions::permissions_to_grant, problem::Answer as _};

const APPLICATION: &str = "application id";

impl Services {
    /// The page on which a tenant is connected.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability.
    pub async fn connection_page(
        &self,
        scope: &Scope,
        tenant: &str,
    ) -> Result<ConnectionPageView, ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::ProvidersManage)?;
        let connection = self
            .store
            .connection(&tenant)
            .await
            .answer(scope.request_id())?;
        Ok(ConnectionPageView {
            tenant: NamedTenant {
                id: tenant.id(),
                name: tenant.name().to_owned(),
            },
            directory: tenant.entra_tenant_id().map(str::to_owned),
            connection: connection.map(|connection| connection_view(connection, &tenant)),
            permissions: permissions(),
            can_rotate: tenant.grants().allow(Capability::CredentialsRotate),
        })
    }

    /// Connects a tenant to its directory; an empty secret may be stored later, by somebody who may.
    ///
    /// # Errors
    /// `Invalid` for a field that is not right, `Conflict` when the tenant has no directory or is connected.
    pub async fn connection_create(
        &self,
        scope: &Scope,
        tenant: &str,
        name: &str,
        client_id: &str,
        secret: &SecretString,
    ) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::ProvidersManage)?;
        let secret = fields::secret(secret)?;
        if secret.is_some() {
            tenant.require(Capability::CredentialsRotate)?;
        }
        let directory = tenant.entra_tenant_id().ok_or_else(|| ApiError::Conflict {
            message: format!(
                "{} has no directory id yet. Give it one in its settings first.",
                tenant.name()
            ),
        })?;
        let new = NewConnection {
            display_name: fields::name("Name", name)?,
            entra_tenant_id: directory.to_owned(),
            client_id: fields::guid(APPLICATION, client_id)?,
            consent: ConsentStatus::Unknown,
            verification: VerificationStatus::Unverified,
        };
        let made = match self.store.connection_create(scope, &tenant, new).await {
            Err(StoreError::Conflict) => Err(ApiError::Conflict {
                message: format!("{} has a connection already.", tenant.name()),
            }),
            answer => answer.answer(scope.request_id()),
        }?;
        match secret {
            Some(secret) => self.seal(scope, &tenant, made, &secret).await,
            None => Ok(()),
        }
    }

    /// Gives the tenant's connection another name or application.
    ///
    /// # Errors
    /// `NotFound` when it has none, `Invalid` for a field that is not right.
    pub async fn connection_change(
        &self,
        scope: &Scope,
        tenant: &str,
        name: &str,
        client_id: &str,
    ) -> Result<(), ApiError> {
        let (tenant, connection) = self
            .connection_of(scope, tenant, Capability::ProvidersManage)
            .await?;
        let to = ConnectionChange {
            display_name: fields::name("Name", name)?,
            client_id: fields::guid(APPLICATION, client_id)?,
        };
        self.store
            .connection_change(scope, &tenant, &connection, &to)
            .await
            .answer(scope.request_id())
    }

    /// Stores a secret instead of the one there was; the next sign-in at the provider uses it.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no connection, `Invalid` for what cannot be a secret.
    pub async fn credential_rotate(
        &self,
        scope: &Scope,
        tenant: &str,
        secret: &SecretString,
    ) -> Result<(), ApiError> {
        let (tenant, connection) = self
            .connection_of(scope, tenant, Capability::CredentialsRotate)
            .await?;
        let secret = fields::secret(secret)?.ok_or_else(|| {
            ApiError::invalid("client secret", "Paste the value of the new secret.")
        })?;
        self.seal(scope, &tenant, connection.id, &secret).await
    }

    /// Stores a certificate with its private key instead of the credential there was.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no connection, `Invalid` for what cannot sign in.
    pub async fn credential_certificate(
        &self,
        scope: &Scope,
        tenant: &str,
        pem: &SecretString,
    ) -> Result<(), ApiError> {
        let (tenant, connection) = self
            .connection_of(scope, tenant, Capability::CredentialsRotate)
            .await?;
        fields::certificate(pem)?;
        let sealed = self.sealed(scope, connection.id, pem)?;
        let stored = self
            .store
            .certificate_store(scope, &tenant, connection.id, sealed);
        stored.await.answer(scope.request_id())
    }

    /// Switches the tenant's connection on.
    ///
    /// # Errors
    /// `NotFound` when it has none.
    pub async fn connection_enable(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let (tenant, connection) = self
            .connection_of(scope, tenant, Capability::ProvidersManage)
            .await?;
        let done = self.store.connection_enable(scope, &tenant, connection.id);
        done.await.answer(scope.request_id())
    }

    /// Switches the tenant's connection off; queued runs that need it are refused from then on.
    ///
    /// # Errors
    /// `NotFound` when it has none.
    pub async fn connection_disable(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let (tenant, connection) = self
            .connection_of(scope, tenant, Capability::ProvidersManage)
            .await?;
        let done = self.store.connection_disable(scope, &tenant, connection.id);
        done.await.answer(scope.request_id())
    }

    /// A tenant and its connection, for who may do this with it.
    async fn connection_of(
        &self,
        scope: &Scope,
        tenant: &str,
        may: Capability,
    ) -> Result<(TenantAccess, Connection), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(may)?;
        let connection = self.store.connection(&tenant).await;
        let connection = connection.answer(scope.request_id())?;
        Ok((tenant, connection.ok_or(ApiError::NotFound)?))
    }

    async fn seal(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        connection: ConnectionId,
        secret: &SecretString,
    ) -> Result<(), ApiError> {
        let sealed = self.sealed(scope, connection, secret)?;
        self.store
            .credential_store(scope, tenant, connection, sealed)
            .await
            .answer(scope.request_id())
    }

    fn sealed(
        &self,
        scope: &Scope,
        connection: ConnectionId,
        secret: &SecretString,
    ) -> Result<Vec<u8>, ApiError> {
        let request_id = scope.request_id();
        self.key.seal(connection, secret).map_err(|error| {
            tracing::error!(request.id = %request_id, %error, "sealing a credential, request {request_id}");
            ApiError::Internal { request_id }
        })
    }
}

/// To read its own organization, and what the connection check looks for.
fn permissions() -> Vec<PermissionView> {
    let organization = (
        "Organization.Read.All",
        "the connection check, to know the directory",
        true,
    );
    std::iter::once(organization)
        .chain(permissions_to_grant())
        .map(|(name, purpose, is_required)| PermissionView {
            name: name.to_owned(),
            purpose: purpose.to_owned(),
            is_required,
        })
        .collect()
}
