//! The frame around every page.

use domain::{
    capability::Capability,
    error::ApiError,
    views::{HeaderView, NamedTenant, NamedWorkspace},
};
use store::{Scope, StoreError, TenantAccess, WorkspaceAccess};

use crate::{Services, problem::Answer as _};

fn named(tenant: &TenantAccess) -> NamedTenant {
    NamedTenant {
        id: tenant.id(),
        name: tenant.name().to_owned(),
    }
}

fn named_workspace(workspace: &WorkspaceAccess) -> NamedWorkspace {
    NamedWorkspace {
        id: workspace.id(),
        name: workspace.name().to_owned(),
    }
}

impl Services {
    /// The frame around every page; one without a workspace for somebody who is a member of none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn header(&self, scope: &Scope) -> Result<HeaderView, ApiError> {
        let request = scope.request_id();
        let workspace = match self.store.current_workspace(scope).await {
            Err(StoreError::NotFound) => None,
            answer => Some(answer.answer(request)?),
        };
        let workspaces = self.store.workspaces(scope).await.answer(request)?;
        let tenants = match &workspace {
            Some(workspace) => self.store.tenants(scope, workspace).await.answer(request)?,
            None => Vec::new(),
        };
        let unread = self
            .store
            .notifications_unread(scope)
            .await
            .answer(request)?;
        let selected = selected(scope, &tenants).map(named);
        let may = |capability| {
            let grants = workspace.as_ref().map(WorkspaceAccess::grants);
            grants.is_some_and(|grants| grants.allow(capability))
        };
        Ok(HeaderView {
            person: scope.display_name().to_owned(),
            email: scope.email().to_owned(),
            workspace: workspace.as_ref().map(named_workspace),
            workspaces: workspaces.iter().map(named_workspace).collect(),
            tenants: tenants
                .iter()
                .filter(|tenant| tenant.lifecycle().is_selectable())
                .map(named)
                .collect(),
            tenant: selected,
            unread,
            manages_members: may(Capability::MembersManage),
            manages_settings: may(Capability::SettingsManage),
            refused: None,
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
