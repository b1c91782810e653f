//! A person's own sessions and password.

use domain::{
    error::ApiError,
    ids::SessionId,
    views::{AccountView, OwnSessionView},
};
use store::Scope;

use crate::{
    Services,
    problem::Answer as _,
    sign_in::{FREE_TRIES, WINDOW},
};

impl Services {
    /// Notes what a session was opened in, for its owner to know it by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_opened_in(
        &self,
        token: &str,
        browser: &str,
        request_id: domain::ids::RequestId,
    ) -> Result<(), ApiError> {
        self.store
            .session_note_browser(token, browser)
            .await
            .answer(request_id)
    }

    /// The account page of the person who asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account_page(&self, scope: &Scope) -> Result<AccountView, ApiError> {
        let request = scope.request_id();
        let sessions = self.store.sessions_own(scope).await.answer(request)?;
        Ok(AccountView {
            name: scope.display_name().to_owned(),
            email: scope.email().to_owned(),
            sessions: sessions
                .into_iter()
                .map(|session| OwnSessionView {
                    id: session.id,
                    browser: session.browser,
                    started_at: session.created_at,
                    last_seen_at: session.last_seen_at,
                    expires_at: session.expires_at,
                    is_this: session.is_this,
                })
                .collect(),
            as_of: self.store.now().await.answer(request)?,
        })
    }

    /// Ends one of the person's own sessions, at once.
    ///
    /// # Errors
    /// `NotFound` when it is none of theirs.
    pub async fn session_revoke(&self, scope: &Scope, session: &str) -> Result<(), ApiError> {
        let session: SessionId = session.parse().map_err(|_| ApiError::NotFound)?;
        self.store
            .session_revoke(scope, session)
            .await
            .answer(scope.request_id())
    }

    /// Ends every session of the person but the one that asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions_revoke_others(&self, scope: &Scope) -> Result<(), ApiError> {
        self.store
            .sessions_revoke_others(scope)
            .await
            .answer(scope.request_id())
    }

    /// Gives the person a new password, if they know the present one; their other sessions end.
    ///
    /// # Errors
    /// `Invalid` for a wrong password or a weak one, `TooMany` after too many wrong ones.
    pub async fn password_change(
        &self,
        scope: &Scope,
        current: &str,
        new: &str,
    ) -> Result<(), ApiError> {
        let request_id = scope.request_id();
        // Counted apart from sign-ins: whoever sits at an open browser must not keep its owner out elsewhere.
        let subject = format!("password:{}", scope.user_id());
        let _turn = self
            .sign_in_turn
            .acquire()
            .await
            .map_err(|_| ApiError::Unavailable)?;
        self.hold_back(&subject, FREE_TRIES, request_id).await?;
        let stored = self
            .store
            .password_hash_own(scope)
            .await
            .answer(request_id)?;
        let proven = self
            .passwords
            .verify(current.to_owned(), Some(stored.clone()))
            .await;
        if !proven {
            self.store
                .sign_in_failed(&subject, WINDOW)
                .await
                .answer(request_id)?;
            return Err(ApiError::invalid(
                "Current password",
                "This is not your current password.",
            ));
        }
        self.store
            .sign_in_succeeded(&subject)
            .await
            .answer(request_id)?;
        if new == current {
            return Err(ApiError::invalid(
                "New password",
                "This is your current password. Choose another one.",
            ));
        }
        let about = [scope.display_name(), scope.email()];
        let hash = self
            .new_password("New password", new, &about, request_id)
            .await?;
        self.store
            .password_change(scope, &stored, &hash)
            .await
            .answer(request_id)
    }
}
