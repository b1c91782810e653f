//! The frame around every page.

use domain::{
    capability::Capability,
    error::ApiError,
    views::{HeaderView, NamedTenant, NamedWorkspace},
};
use store::{Scope, TenantAccess};

use crate::{Services, problem::Answer as _};

fn named(tenant: &TenantAccess) -> NamedTenant {
    NamedTenant {
        id: tenant.id(),
        name: tenant.name().to_owned(),
    }
}

impl Services {
    /// The frame around every page.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of no workspace.
    pub async fn header(&self, scope: &Scope) -> Result<HeaderView, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        let workspaces = self.store.workspaces(scope).await.answer(request)?;
        let tenants = self
            .store
            .tenants(scope, &workspace)
            .await
            .answer(request)?;
        let unread = self
            .store
            .notifications_unread(scope)
            .await
            .answer(request)?;
        let selected = selected(scope, &tenants).map(named);
        Ok(HeaderView {
            person: scope.display_name().to_owned(),
            email: scope.email().to_owned(),
            workspace: NamedWorkspace {
                id: workspace.id(),
                name: workspace.name().to_owned(),
            },
            workspaces: workspaces
                .iter()
                .map(|w| NamedWorkspace {
                    id: w.id(),
                    name: w.name().to_owned(),
                })
                .collect(),
            tenants: tenants
                .iter()
                .filter(|tenant| tenant.lifecycle().is_selectable())
                .map(named)
                .collect(),
            tenant: selected,
            unread,
            manages_members: workspace.grants().allow(Capability::MembersManage),
            manages_settings: workspace.grants().allow(Capability::SettingsManage),
        })
    }
}

/// The selected tenant, if the person is still entitled to it and it can still be selected (V-08).
pub(crate) fn selected<'a>(scope: &Scope, tenants: &'a [TenantAccess]) -> Option<&'a TenantAccess> {
    let id = scope.selected_tenant()?;
    tenants
        .iter()
        .find(|tenant| tenant.id() == id && tenant.lifecycle().is_selectable())
}
