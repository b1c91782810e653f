//! The members of a workspace or a tenant; an empty `tenant` means the workspace.

use domain::views::MembersView;
use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// The members of a tenant, or of the workspace.
#[server(name = MembersPageData, prefix = "/api", endpoint = "members/page", input = Json, output = Json)]
pub async fn members_page(tenant: Option<String>) -> Result<MembersView, AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(services.members_page(&scope, tenant.as_deref()).await)
}

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
    )
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
    )
}

/// Takes a membership away; what the person queued is met by the gate.
#[server(name = RemoveMember, prefix = "/api", endpoint = "members/remove")]
pub async fn remove(#[server(default)] tenant: String, user: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(services.member_remove(&scope, named(&tenant), &user).await)
}

/// The tenant a form names, if it names one.
#[cfg(feature = "ssr")]
fn named(tenant: &str) -> Option<&str> {
    (!tenant.is_empty()).then_some(tenant)
}
