//! Adding a tenant, changing what it is called, and bringing it into service.

use domain::{
    capability::Capability,
    error::ApiError,
    ids::TenantId,
    lifecycle::TenantLifecycle,
    views::{NamedTenant, TenantSettingsView},
};
use store::{NewTenant, Scope, StoreError, TenantDetails};

use super::fields;
use crate::{Services, problem::Answer as _};

const DIRECTORY: &str = "directory id";

impl Services {
    /// Whether the person may add a tenant, and the name of the workspace they would add it to.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of no workspace, `Forbidden` without the capability.
    pub async fn tenant_new_page(&self, scope: &Scope) -> Result<String, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        workspace.require(Capability::TenantsCreate)?;
        Ok(workspace.name().to_owned())
    }

    /// Adds a tenant to the selected workspace, as a draft; the person who does becomes its owner (V-16).
    ///
    /// # Errors
    /// `Invalid` for a name or directory id that is none, `Conflict` for a directory that is here already.
    pub async fn tenant_create(
        &self,
        scope: &Scope,
        name: &str,
        directory: &str,
    ) -> Result<TenantId, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        workspace.require(Capability::TenantsCreate)?;
        let new = NewTenant {
            name: fields::name("Name", name)?,
            entra_tenant_id: Some(fields::guid(DIRECTORY, directory)?),
            lifecycle: TenantLifecycle::Draft,
        };
        match self.store.tenant_create(scope, &workspace, new).await {
            Err(StoreError::Conflict) => Err(taken()),
            answer => answer.answer(request),
        }
    }

    /// The settings of a tenant.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability.
    pub async fn tenant_settings_page(
        &self,
        scope: &Scope,
        tenant: &str,
    ) -> Result<TenantSettingsView, ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        let connection = self
            .store
            .connection(&tenant)
            .await
            .answer(scope.request_id())?;
        Ok(TenantSettingsView {
            tenant: NamedTenant {
                id: tenant.id(),
                name: tenant.name().to_owned(),
            },
            directory: tenant.entra_tenant_id().map(str::to_owned),
            is_connected: connection.is_some(),
            lifecycle: tenant.lifecycle(),
        })
    }

    /// Gives a tenant another name, or another directory while nothing is connected to it.
    ///
    /// An empty `directory` leaves it as it is.
    ///
    /// # Errors
    /// `Invalid` for a name or directory id that is none, `Conflict` for a directory that cannot be taken.
    pub async fn tenant_change(
        &self,
        scope: &Scope,
        tenant: &str,
        name: &str,
        directory: &str,
    ) -> Result<(), ApiError> {
        let request = scope.request_id();
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        let directory = match directory.trim() {
            "" => tenant.entra_tenant_id().map(str::to_owned),
            text => Some(fields::guid(DIRECTORY, text)?),
        };
        let moves = directory.as_deref() != tenant.entra_tenant_id();
        if moves
            && self
                .store
                .connection(&tenant)
                .await
                .answer(request)?
                .is_some()
        {
            return Err(ApiError::Conflict {
                message: format!(
                    "{} is connected to its directory, so the directory stays.",
                    tenant.name()
                ),
            });
        }
        let to = TenantDetails {
            name: fields::name("Name", name)?,
            entra_tenant_id: directory,
        };
        match self.store.tenant_change(scope, &tenant, &to).await {
            Err(StoreError::Conflict) => Err(taken()),
            answer => answer.answer(request),
        }
    }

    /// Brings a draft into onboarding: the connection check may run from then on.
    ///
    /// # Errors
    /// `Conflict` when it is not a draft.
    pub async fn tenant_onboard(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        self.tenant_advance(scope, tenant, TenantLifecycle::Draft)
            .await
    }

    /// Takes a tenant into service: everything may run from then on.
    ///
    /// # Errors
    /// `Conflict` when it is not being onboarded.
    pub async fn tenant_activate(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        self.tenant_advance(scope, tenant, TenantLifecycle::Onboarding)
            .await
    }

    async fn tenant_advance(
        &self,
        scope: &Scope,
        tenant: &str,
        from: TenantLifecycle,
    ) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        let to = from.next().unwrap_or(from);
        self.move_on(scope, &tenant, from, to).await
    }
}

fn taken() -> ApiError {
    ApiError::Conflict {
        message: "This workspace has a tenant with this directory id already. You may not be a member of it."
            .to_owned(),
    }
}
