//! A person's own sessions and password.

use leptos::prelude::*;

use crate::error::AppError;

/// Ends one of the person's own sessions.
#[server(name = EndSession, prefix = "/api", endpoint = "account/end_session")]
pub async fn end_session(session: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.session_revoke(&scope, &session).await)?;
    compat::redirect(&link::done(link::ACCOUNT, "ended"));
    Ok(())
}

/// Ends every session of the person but this one.
#[server(name = EndOtherSessions, prefix = "/api", endpoint = "account/end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.sessions_revoke_others(&scope).await)?;
    compat::redirect(&link::done(link::ACCOUNT, "ended"));
    Ok(())
}

/// Gives the person another password; their other sessions end.
#[server(name = ChangePassword, prefix = "/api", endpoint = "account/change_password")]
pub async fn change_password(current: String, password: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.password_change(&scope, &current, &password).await)?;
    compat::redirect(&link::done(link::ACCOUNT, "password"));
    Ok(())
}
