//! The tenants list, and what changes a tenant.

use domain::{
    capability::Capability,
    error::ApiError,
    lifecycle::TenantLifecycle,
    views::{TenantRowView, TenantsView},
};
use store::{RunFilter, Scope, TenantAccess, WorkspaceAccess};

use super::{header::selected, run_rows::Targets};
use crate::{Services, problem::Answer as _};

impl Services {
    /// The tenants of the selected workspace that the person is entitled to.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of no workspace.
    pub async fn tenants_page(&self, scope: &Scope) -> Result<TenantsView, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        let tenants = self
            .store
            .tenants(scope, &workspace)
            .await
            .answer(request)?;
        let chosen = selected(scope, &tenants).map(TenantAccess::id);
        let paused = self.store.queues_paused(&tenants).await.answer(request)?;
        let mut rows = Vec::with_capacity(tenants.len());
        for tenant in &tenants {
            let stands = (chosen == Some(tenant.id()), paused.contains(&tenant.id()));
            rows.push(self.tenant_row(scope, &workspace, tenant, stands).await?);
        }
        let as_of = self.store.now().await.answer(request)?;
        Ok(TenantsView {
            workspace: workspace.name().to_owned(),
            can_verify: !rows.is_empty() && workspace.grants().allow(Capability::OperationsStart),
            rows,
            can_create: workspace.grants().allow(Capability::TenantsCreate),
            as_of,
        })
    }

    async fn tenant_row(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        tenant: &TenantAccess,
        (is_selected, is_paused): (bool, bool),
    ) -> Result<TenantRowView, ApiError> {
        let request = scope.request_id();
        let connection = match tenant.grants().allow(Capability::ProvidersView) {
            true => self.store.connection(tenant).await.answer(request)?,
            false => None,
        };
        let one = std::slice::from_ref(tenant);
        let filter = RunFilter {
            tenants: vec![tenant.id()],
            ..RunFilter::default()
        };
        let last = self
            .store
            .runs(scope, workspace, one, &filter, 1)
            .await
            .answer(request)?;
        let targets = Targets::of(workspace.name(), one);
        Ok(TenantRowView {
            id: tenant.id(),
            name: tenant.name().to_owned(),
            lifecycle: tenant.lifecycle(),
            role: tenant.role(),
            verification: connection.map(|connection| connection.verification),
            last_run: last.rows.first().map(|run| targets.row(run)),
            is_paused,
            is_selected,
        })
    }

    /// Archives a tenant; its queued runs are refused from then on.
    ///
    /// # Errors
    /// `Invalid` when the typed name is not the tenant's.
    pub async fn archive(
        &self,
        scope: &Scope,
        tenant: &str,
        typed_name: &str,
    ) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::DangerZone)?;
        if typed_name.trim() != tenant.name() {
            return Err(ApiError::invalid(
                "Tenant name",
                "Type the tenant's name exactly as it stands in the title.",
            ));
        }
        let from = match tenant.lifecycle() {
            TenantLifecycle::Archived => TenantLifecycle::Active,
            // What was only begun can be put away too.
            other => other,
        };
        self.move_on(scope, &tenant, from, TenantLifecycle::Archived)
            .await
    }

    /// Takes an archived tenant back: into service, or into onboarding where nothing is connected yet.
    ///
    /// # Errors
    /// `Conflict` when it is not archived.
    pub async fn reactivate(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::DangerZone)?;
        let connection = self
            .store
            .connection(&tenant)
            .await
            .answer(scope.request_id())?;
        let to = match connection {
            Some(_) => TenantLifecycle::Active,
            None => TenantLifecycle::Onboarding,
        };
        self.move_on(scope, &tenant, TenantLifecycle::Archived, to)
            .await
    }

    pub(super) async fn move_on(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        from: TenantLifecycle,
        to: TenantLifecycle,
    ) -> Result<(), ApiError> {
        if tenant.lifecycle() != from {
            let (name, now) = (tenant.name(), tenant.lifecycle().label().to_lowercase());
            return Err(ApiError::Conflict {
                message: format!("{name} is {now}, so this cannot be done."),
            });
        }
        self.store
            .tenant_lifecycle_set(scope, tenant, to)
            .await
            .answer(scope.request_id())
    }
}
