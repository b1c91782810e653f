//! Members of workspaces and tenants.

use domain::{
    capability::Capability,
    error::ApiError,
    ids::UserId,
    views::{MemberView, MembersView},
};
use store::{Member, Scope, StoreError, TenantAccess, WorkspaceAccess};

use super::fields;
use crate::{Services, problem::Answer as _};

/// Whose members: the selected workspace's, or a tenant's.
enum Place {
    Workspace(WorkspaceAccess),
    Tenant(TenantAccess),
}

impl Services {
    /// The members page.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability.
    pub async fn members_page(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
    ) -> Result<MembersView, ApiError> {
        let request = scope.request_id();
        let (members, tenant, name) = match self.place(scope, tenant).await? {
            Place::Workspace(place) => {
                let members = self.store.workspace_members(&place).await.answer(request)?;
                (members, None, place.name().to_owned())
            }
            Place::Tenant(place) => {
                let members = self.store.tenant_members(&place).await.answer(request)?;
                (members, Some(place.id()), place.name().to_owned())
            }
        };
        let members = members
            .into_iter()
            .map(|member| view_of(scope, member))
            .collect();
        Ok(MembersView {
            tenant,
            name,
            members,
        })
    }

    /// Makes a person a member, by address.
    ///
    /// # Errors
    /// `Invalid` for an unknown address or role.
    pub async fn member_add(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        email: &str,
        role: &str,
    ) -> Result<(), ApiError> {
        let role = fields::role(role)?;
        let place = self.place(scope, tenant).await?;
        let found = match &place {
            Place::Workspace(place) => self.store.person_by_email(place, email).await,
            Place::Tenant(place) => self.store.colleague_by_email(place, email).await,
        };
        let user = match found {
            Err(StoreError::NotFound) => return Err(unknown_address(&place)),
            answer => answer.answer(scope.request_id())?,
        };
        match &place {
            Place::Workspace(place) => {
                let added = self.store.workspace_role_set(scope, place, user, role);
                added.await
            }
            Place::Tenant(place) => self.store.tenant_role_set(scope, place, user, role).await,
        }
        .answer(scope.request_id())
    }

    /// Changes a member's role.
    ///
    /// # Errors
    /// `NotFound` for somebody who is no member; `Conflict` for the last owner.
    pub async fn member_set_role(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        user: &str,
        role: &str,
    ) -> Result<(), ApiError> {
        let role = fields::role(role)?;
        let place = self.place(scope, tenant).await?;
        let user = self.member(scope, &place, user).await?;
        match &place {
            Place::Workspace(place) => {
                let changed = self.store.workspace_role_change(scope, place, user, role);
                changed.await
            }
            Place::Tenant(place) => {
                let changed = self.store.tenant_role_change(scope, place, user, role);
                changed.await
            }
        }
        .answer(scope.request_id())
    }

    /// Takes a person out; queued runs of theirs are refused from then on.
    ///
    /// # Errors
    /// `NotFound` for somebody who is no member; `Conflict` for the last owner.
    pub async fn member_remove(
        &self,
        scope: &Scope,
        tenant: Option<&str>,
        user: &str,
    ) -> Result<(), ApiError> {
        let place = self.place(scope, tenant).await?;
        let user: UserId = user.parse().map_err(|_| ApiError::NotFound)?;
        match &place {
            Place::Workspace(place) => self.store.workspace_member_remove(scope, place, user).await,
            Place::Tenant(place) => self.store.tenant_member_remove(scope, place, user).await,
        }
        .answer(scope.request_id())
    }

    async fn place(&self, scope: &Scope, tenant: Option<&str>) -> Result<Place, ApiError> {
        match tenant {
            Some(id) => {
                let tenant = self.tenant_of(scope, id).await?;
                tenant.require(Capability::MembersManage)?;
                Ok(Place::Tenant(tenant))
            }
            None => {
                let workspace = self
                    .store
                    .current_workspace(scope)
                    .await
                    .answer(scope.request_id())?;
                workspace.require(Capability::MembersManage)?;
                Ok(Place::Workspace(workspace))
            }
        }
    }

    async fn member(&self, scope: &Scope, place: &Place, user: &str) -> Result<UserId, ApiError> {
        let user: UserId = user.parse().map_err(|_| ApiError::NotFound)?;
        let members = match place {
            Place::Workspace(place) => self.store.workspace_members(place).await,
            Place::Tenant(place) => self.store.tenant_members(place).await,
        }
        .answer(scope.request_id())?;
        members
            .iter()
            .find(|m| m.user_id == user)
            .map(|m| m.user_id)
            .ok_or(ApiError::NotFound)
    }
}

fn unknown_address(place: &Place) -> ApiError {
    let message = match place {
        Place::Workspace(_) => "Nobody signs in with this address.",
        Place::Tenant(_) => {
            "No member of this workspace signs in with this address. Add them to the workspace first."
        }
    };
    ApiError::invalid("E-mail", message)
}

fn view_of(scope: &Scope, member: Member) -> MemberView {
    MemberView {
        is_self: member.user_id == scope.user_id(),
        user_id: member.user_id,
        name: member.display_name,
        email: member.email,
        role: member.role,
        since: member.since,
    }
}
