//! Signing in and out, and the first start.

use leptos::prelude::*;

use crate::error::AppError;

/// Signs a person in and goes on to `next`, if that is one of our pages.
#[server(name = SignIn, prefix = "/api", endpoint = "session/sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use domain::link;

    use crate::{compat, request};
    let services = request::services()?;
    let (peer, id) = (request::peer(), request::request_id());
    let token = compat::settle(services.sign_in(&email, &password, &peer, id).await)?;
    request::open_session(&services, &token).await?;
    compat::redirect(link::safe_next(&next).unwrap_or(link::TENANTS));
    Ok(())
}

/// Ends the session.
#[server(name = SignOut, prefix = "/api", endpoint = "session/sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.sign_out(&scope).await)?;
    request::forget_token();
    compat::redirect(link::SIGN_IN);
    Ok(())
}

/// Makes the first owner and workspace, with the one-time link of the first start.
#[server(name = SetUp, prefix = "/api", endpoint = "session/setup")]
pub async fn set_up(
    token: String,
    name: String,
    email: String,
    password: String,
    workspace: String,
) -> Result<(), AppError> {
    use domain::link;

    use crate::{compat, request};
    let services = request::services()?;
    let id = request::request_id();
    let made = services
        .setup(&token, &name, &email, &password, &workspace, id)
        .await;
    request::open_session(&services, &compat::settle(made)?).await?;
    compat::redirect(link::TENANTS);
    Ok(())
}
