//! Signing in and out, and the first start.

use domain::{
    error::ApiError,
    ids::RequestId,
    time::{MINUTE, SECOND},
};
use store::{NewUser, Scope, StoreError};

use crate::{Services, passwords::weakness, problem::Answer as _, secrets::random};

/// Failures are counted in windows of this length.
pub(crate) const WINDOW: i64 = 10 * MINUTE;
/// After this many failures for one address the next try waits.
pub(crate) const FREE_TRIES: i64 = 5;
/// After this many failures from one peer the next try waits.
const FREE_TRIES_PEER: i64 = 30;

impl Services {
    /// Signs a person in; answers the token for the cookie.
    ///
    /// # Errors
    /// `Invalid` without a hint which part was wrong; `TooMany` after too many failures.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        peer: &str,
        request_id: RequestId,
    ) -> Result<String, ApiError> {
        let subjects = [
            (format!("email:{}", email.trim().to_lowercase()), FREE_TRIES),
            (format!("peer:{peer}"), FREE_TRIES_PEER),
        ];
        let _turn = self
            .sign_in_turn
            .acquire()
            .await
            .map_err(|_| ApiError::Unavailable)?;
        for (subject, free) in &subjects {
            self.hold_back(subject, *free, request_id).await?;
        }
        let login = self.store.login(email).await.answer(request_id)?;
        let stored = login.as_ref().map(|login| login.password_hash.clone());
        let proven = self.passwords.verify(password.to_owned(), stored).await;
        let Some(login) = login.filter(|_| proven) else {
            for (subject, _) in &subjects {
                self.store
                    .sign_in_failed(subject, WINDOW)
                    .await
                    .answer(request_id)?;
            }
            tracing::info!(request.id = %request_id, peer, "sign-in refused, request {request_id}");
            return Err(ApiError::invalid(
                "Sign-in",
                "E-mail address or password is not right.",
            ));
        };
        self.store
            .sign_in_succeeded(&subjects[0].0)
            .await
            .answer(request_id)?;
        let token = self.new_token(request_id)?;
        self.store
            .session_create(login.user_id, &token)
            .await
            .answer(request_id)?;
        Ok(token)
    }

    /// Refuses a try that comes too early; nobody is ever locked out for good.
    pub(crate) async fn hold_back(
        &self,
        subject: &str,
        free: i64,
        request_id: RequestId,
    ) -> Result<(), ApiError> {
        let (failures, since) = self
            .store
            .sign_in_failures(subject)
            .await
            .answer(request_id)?;
        let now = self.store.now().await.answer(request_id)?;
        let left = WINDOW - now.since(since);
        if failures < free || left <= 0 {
            return Ok(());
        }
        let seconds = u64::try_from(left / SECOND).unwrap_or(0).max(1);
        Err(ApiError::TooMany {
            retry_after_seconds: seconds,
        })
    }

    /// The hash of a password that somebody chose, if it is none that is guessed soon.
    ///
    /// `field` is what the form calls it; `about` is known of the person.
    pub(crate) async fn new_password(
        &self,
        field: &str,
        password: &str,
        about: &[&str],
        request_id: RequestId,
    ) -> Result<String, ApiError> {
        if let Some(message) = weakness(password, about) {
            return Err(ApiError::invalid(field, message));
        }
        let hash = self.passwords.hash(password.to_owned()).await;
        hash.map_err(|_| ApiError::Internal { request_id })
    }

    /// Ends the session at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_out(&self, scope: &Scope) -> Result<(), ApiError> {
        self.store
            .session_end(scope)
            .await
            .answer(scope.request_id())
    }

    /// Uses the one-time set-up link: makes the first person and their workspace, and signs in.
    ///
    /// # Errors
    /// `Invalid` for a link that cannot be used, and for a field that is not right.
    pub async fn setup(
        &self,
        token: &str,
        name: &str,
        email: &str,
        password: &str,
        workspace: &str,
        request_id: RequestId,
    ) -> Result<String, ApiError> {
        let (name, email, workspace) = (name.trim(), email.trim(), workspace.trim());
        if name.is_empty() || name.len() > 200 {
            return Err(ApiError::invalid(
                "Name",
                "Give the name people know you by.",
            ));
        }
        if workspace.is_empty() || workspace.len() > 200 {
            return Err(ApiError::invalid("Workspace", "Give the workspace a name."));
        }
        if !is_address(email) {
            return Err(ApiError::invalid(
                "E-mail",
                "This is not an e-mail address.",
            ));
        }
        let password_hash = self
            .new_password("Password", password, &[name, email, workspace], request_id)
            .await?;
        let user = NewUser {
            email: email.to_owned(),
            display_name: name.to_owned(),
            password_hash,
        };
        let user = self.store.claim_installation(token, user, workspace).await;
        let user = match user {
            // One answer, whichever it was: the link says nothing about what is behind it.
            Err(StoreError::Conflict | StoreError::NotFound) => return Err(useless_link()),
            other => other.answer(request_id)?,
        };
        let session = self.new_token(request_id)?;
        self.store
            .session_create(user, &session)
            .await
            .answer(request_id)?;
        Ok(session)
    }

    /// Makes the one-time set-up token of a new installation; `None` once somebody can sign in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setup_token(&self, request_id: RequestId) -> Result<Option<String>, ApiError> {
        if !self.store.is_unclaimed().await.answer(request_id)? {
            return Ok(None);
        }
        let token = self.new_token(request_id)?;
        self.store
            .setup_link_create(&token)
            .await
            .answer(request_id)?;
        Ok(Some(token))
    }

    pub(crate) fn new_token(&self, request_id: RequestId) -> Result<String, ApiError> {
        let bytes = random::<32>().map_err(|_| ApiError::Internal { request_id })?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn useless_link() -> ApiError {
    ApiError::invalid(
        "Link",
        "This link was used, has run out, or a newer one was printed. Where nobody can sign in yet, starting the server again prints a new one.",
    )
}

/// Whether a text can be an e-mail address; whether it is one, only a message to it would show.
pub(crate) fn is_address(text: &str) -> bool {
    let mut parts = text.splitn(2, '@');
    let (local, host) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    !local.is_empty()
        && host.len() >= 3
        && text.len() <= 254
        && !host.contains('@')
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}
