//! Inviting people who have no account yet.

use domain::{
    capability::Capability,
    error::ApiError,
    ids::{InvitationId, RequestId},
    views::{InvitationView, InvitationsView, JoinView},
};
use store::{Invitation, InvitedPerson, NewInvitation, Scope, StoreError, WorkspaceAccess};

use super::fields;
use crate::{Services, problem::Answer as _, sign_in::is_address};

impl Services {
    /// The invitations into the selected workspace, and the one that `token` belongs to.
    ///
    /// # Errors
    /// `NotFound` when the person is a member of no workspace, `Forbidden` without the capability.
    pub async fn invitations_page(
        &self,
        scope: &Scope,
        token: Option<&str>,
    ) -> Result<InvitationsView, ApiError> {
        let request = scope.request_id();
        let workspace = self.inviting(scope).await?;
        let made = match token {
            None => None,
            Some(token) => match self.store.invitation(token).await {
                Err(StoreError::NotFound) => None,
                answer => Some(answer.answer(request)?),
            },
        };
        let open = self.store.invitations(&workspace).await.answer(request)?;
        Ok(InvitationsView {
            workspace: workspace.name().to_owned(),
            made: made
                .filter(|made| made.workspace_id == workspace.id())
                .map(view_of),
            open: open.into_iter().map(view_of).collect(),
        })
    }

    /// Invites a person into the selected workspace; answers the token of the link.
    ///
    /// # Errors
    /// `Invalid` for an address that is none, or that somebody signs in with already.
    pub async fn invite(&self, scope: &Scope, email: &str, role: &str) -> Result<String, ApiError> {
        let request = scope.request_id();
        let workspace = self.inviting(scope).await?;
        let role = fields::role(role)?;
        let email = email.trim();
        if !is_address(email) {
            return Err(ApiError::invalid(
                "E-mail",
                "This is not an e-mail address.",
            ));
        }
        let token = self.new_token(request)?;
        let new = NewInvitation {
            email: email.to_owned(),
            role,
        };
        let made = self
            .store
            .invitation_create(scope, &workspace, &token, new)
            .await;
        match made {
            Err(StoreError::Conflict) => Err(ApiError::invalid(
                "E-mail",
                "Somebody signs in with this address already. Add them as a member instead.",
            )),
            answer => answer.answer(request).map(|_| token),
        }
    }

    /// Takes an invitation back; its link leads nowhere from then on.
    ///
    /// # Errors
    /// `NotFound` when the workspace has no such invitation.
    pub async fn invitation_withdraw(
        &self,
        scope: &Scope,
        invitation: &str,
    ) -> Result<(), ApiError> {
        let workspace = self.inviting(scope).await?;
        let id: InvitationId = invitation.parse().map_err(|_| ApiError::NotFound)?;
        self.store
            .invitation_withdraw(scope, &workspace, id)
            .await
            .answer(scope.request_id())
    }

    /// What an invited person sees.
    ///
    /// # Errors
    /// `NotFound` for a link that cannot be used.
    pub async fn join_page(&self, token: &str, request: RequestId) -> Result<JoinView, ApiError> {
        let invitation = self.store.invitation(token).await.answer(request)?;
        Ok(JoinView {
            workspace: invitation.workspace,
            email: invitation.email,
            role: invitation.role,
            inviter: invitation.inviter,
        })
    }

    /// Uses an invitation: makes the account and the membership, and signs in.
    ///
    /// # Errors
    /// `NotFound` for a link that cannot be used; `Invalid` for a field that is not right.
    pub async fn join(
        &self,
        token: &str,
        name: &str,
        password: &str,
        request_id: RequestId,
    ) -> Result<String, ApiError> {
        let invitation = self.store.invitation(token).await.answer(request_id)?;
        let display_name = fields::name("Name", name)?;
        let about = [&*display_name, &*invitation.email, &*invitation.workspace];
        let password_hash = self
            .new_password("Password", password, &about, request_id)
            .await?;
        let person = InvitedPerson {
            display_name,
            password_hash,
        };
        let user = match self.store.invitation_accept(token, person).await {
            Err(StoreError::Conflict) => Err(ApiError::Conflict {
                message: "Somebody signs in with this address by now. Sign in, and ask an owner to add you."
                    .to_owned(),
            }),
            answer => answer.answer(request_id),
        }?;
        let session = self.new_token(request_id)?;
        self.store
            .session_create(user, &session)
            .await
            .answer(request_id)?;
        Ok(session)
    }

    async fn inviting(&self, scope: &Scope) -> Result<WorkspaceAccess, ApiError> {
        let workspace = self
            .store
            .current_workspace(scope)
            .await
            .answer(scope.request_id())?;
        workspace.require(Capability::MembersManage)?;
        Ok(workspace)
    }
}

fn view_of(invitation: Invitation) -> InvitationView {
    InvitationView {
        id: invitation.id,
        email: invitation.email,
        role: invitation.role,
        inviter: invitation.inviter,
        expires_at: invitation.expires_at,
    }
}
