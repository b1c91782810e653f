//! The selected workspace and tenant; nothing but these functions moves the selection (V-03).

use domain::{error::ApiError, ids::WorkspaceId};
use store::{Scope, StoreError};

use crate::{Services, problem::Answer as _};

impl Services {
    /// Selects a tenant, and its workspace with it.
    ///
    /// # Errors
    /// `Conflict` when the tenant is not active.
    pub async fn select_tenant(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        match self.store.session_select_tenant(scope, &tenant).await {
            Err(StoreError::Conflict) => Err(ApiError::Conflict {
                message: format!("{} is not active, so it cannot be selected.", tenant.name()),
            }),
            answer => answer.answer(scope.request_id()),
        }
    }

    /// Selects no tenant: the whole workspace.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clear_tenant(&self, scope: &Scope) -> Result<(), ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        self.store
            .session_select_workspace(scope, &workspace)
            .await
            .answer(request)
    }

    /// Selects a workspace, without a tenant.
    ///
    /// # Errors
    /// `NotFound` when the person is no member of it.
    pub async fn select_workspace(&self, scope: &Scope, workspace: &str) -> Result<(), ApiError> {
        let id: WorkspaceId = workspace.parse().map_err(|_| ApiError::NotFound)?;
        let request = scope.request_id();
        let workspace = self.store.workspace(scope, id).await.answer(request)?;
        self.store
            .session_select_workspace(scope, &workspace)
            .await
            .answer(request)
    }
}
