//! Invitations into the selected workspace.

use leptos::prelude::*;

use crate::error::AppError;

/// Invites a person who has no account, and shows the link once.
#[server(name = Invite, prefix = "/api", endpoint = "invitation/create")]
pub async fn invite(email: String, role: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let token = compat::settle(services.invite(&scope, &email, &role).await)?;
    compat::redirect(&link::invited(&token));
    Ok(())
}

/// Takes an invitation back.
#[server(name = WithdrawInvitation, prefix = "/api", endpoint = "invitation/withdraw")]
pub async fn withdraw(invitation: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.invitation_withdraw(&scope, &invitation).await)?;
    compat::redirect(&link::done(link::INVITATIONS, "withdrawn"));
    Ok(())
}

/// Makes the account of an invited person, and signs them in.
#[server(name = Join, prefix = "/api", endpoint = "invitation/accept")]
pub async fn join(token: String, name: String, password: String) -> Result<(), AppError> {
    use domain::link;

    use crate::{compat, request};
    let services = request::services()?;
    let made = services.join(&token, &name, &password, request::request_id());
    request::open_session(&services, &compat::settle(made.await)?).await?;
    compat::redirect(link::TENANTS);
    Ok(())
}
