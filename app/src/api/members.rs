//! The members of a workspace or a tenant; an empty `tenant` means the workspace.

use leptos::prelude::*;

use crate::error::AppError;

/// Adds a person who can already sign in.
#[server(name = AddMember, prefix = "/api", endpoint = "members/add")]
pub async fn add(
    #[server(default)] tenant: String,
    email: String,
    role: String,
) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(
        services
            .member_add(&scope, named(&tenant), &email, &role)
            .await,
    )?;
    lead_back(&tenant, "added");
    Ok(())
}

/// Gives a member another role.
#[server(name = SetMemberRole, prefix = "/api", endpoint = "members/set_role")]
pub async fn set_role(
    #[server(default)] tenant: String,
    user: String,
    role: String,
) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(
        services
            .member_set_role(&scope, named(&tenant), &user, &role)
            .await,
    )?;
    lead_back(&tenant, "role");
    Ok(())
}

/// Takes a membership away; what the person queued is met by the gate.
#[server(name = RemoveMember, prefix = "/api", endpoint = "members/remove")]
pub async fn remove(#[server(default)] tenant: String, user: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(services.member_remove(&scope, named(&tenant), &user).await)?;
    lead_back(&tenant, "removed");
    Ok(())
}

/// The tenant a form names, if it names one.
#[cfg(feature = "ssr")]
fn named(tenant: &str) -> Option<&str> {
    (!tenant.is_empty()).then_some(tenant)
}

/// Leads back to the members, with what was done.
#[cfg(feature = "ssr")]
fn lead_back(tenant: &str, done: &str) {
    use domain::{ids::TenantId, link};

    let page = match tenant.parse::<TenantId>() {
        Ok(id) => link::tenant_members(id),
        Err(_) => link::WORKSPACE_MEMBERS.to_owned(),
    };
    crate::compat::redirect(&link::done(&page, done));
}
