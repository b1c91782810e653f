//! The frame around every page, and what is selected in it.

use domain::views::HeaderView;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{codec::Json, error::AppError};

/// Why the frame is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// A person opened a page.
    Page,
    /// A timer rang; it does not keep the session alive.
    Poll,
}

/// The frame around every page.
#[server(name = Header, prefix = "/api", endpoint = "frame/header", input = Json, output = Json)]
pub async fn header(ask: Ask) -> Result<HeaderView, AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let presence = match ask {
        Ask::Page => Presence::ByHand,
        Ask::Poll => Presence::Poll,
    };
    let (services, scope) = request::scope(presence).await?;
    let mut view = settle(services.header(&scope).await)?;
    view.refused = request::page().and_then(|page| crate::drawn::refused_beside(&page));
    Ok(view)
}

/// Selects a workspace, and shows its tenants.
#[server(name = SelectWorkspace, prefix = "/api", endpoint = "workspace/select")]
pub async fn select_workspace(workspace: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.select_workspace(&scope, &workspace).await)?;
    compat::redirect(link::TENANTS);
    Ok(())
}

/// Selects a tenant, or none when `tenant` is empty; goes on to `next`, or back.
#[server(name = SelectTenant, prefix = "/api", endpoint = "tenant/select")]
pub async fn select_tenant(
    tenant: String,
    #[server(default)] next: String,
) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(if tenant.is_empty() {
        services.clear_tenant(&scope).await
    } else {
        services.select_tenant(&scope, &tenant).await
    })?;
    if let Some(next) = link::safe_next(&next) {
        compat::redirect(next);
    }
    Ok(())
}

/// Selects no tenant; goes on to `next`, or back.
#[server(name = ClearTenant, prefix = "/api", endpoint = "tenant/clear")]
pub async fn clear_tenant(#[server(default)] next: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.clear_tenant(&scope).await)?;
    if let Some(next) = link::safe_next(&next) {
        compat::redirect(next);
    }
    Ok(())
}
