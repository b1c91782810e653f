//! Making a workspace and saying what it is called.

use domain::{capability::Capability, error::ApiError, views::WorkspaceView};
use store::Scope;

use super::fields;
use crate::{Services, problem::Answer as _};

impl Services {
    /// Makes a workspace, owned by the person who asks, and selects it.
    ///
    /// Everybody who can sign in may: nothing of anybody else's is in a new workspace.
    ///
    /// # Errors
    /// `Invalid` for a name that is none.
    pub async fn workspace_create(&self, scope: &Scope, name: &str) -> Result<(), ApiError> {
        let request = scope.request_id();
        let name = fields::name("Name", name)?;
        let id = self
            .store
            .workspace_create(&name, scope.user_id())
            .await
            .answer(request)?;
        let workspace = self.store.workspace(scope, id).await.answer(request)?;
        self.store
            .session_select_workspace(scope, &workspace)
            .await
            .answer(request)
    }

    /// The page of the selected workspace.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of none, `Forbidden` without the capability.
    pub async fn workspace_page(&self, scope: &Scope) -> Result<WorkspaceView, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        workspace.require(Capability::SettingsManage)?;
        let grants = workspace.grants();
        Ok(WorkspaceView {
            name: workspace.name().to_owned(),
            manages_members: grants.allow(Capability::MembersManage),
            can_create_tenants: grants.allow(Capability::TenantsCreate),
        })
    }

    /// Gives the selected workspace another name.
    ///
    /// # Errors
    /// `Invalid` for a name that is none, `Conflict` when somebody else renamed it meanwhile.
    pub async fn workspace_rename(&self, scope: &Scope, name: &str) -> Result<(), ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        workspace.require(Capability::SettingsManage)?;
        let name = fields::name("Name", name)?;
        self.store
            .workspace_rename(scope, &workspace, &name)
            .await
            .answer(request)
    }
}
