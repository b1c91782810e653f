//! The list of tenants.

use domain::views::TenantsView;
use leptos::prelude::*;

use super::frame::Ask;
use crate::{codec::Json, error::AppError};

/// The tenants of the selected workspace that the person is entitled to.
#[server(name = TenantsPageData, prefix = "/api", endpoint = "tenants/page", input = Json, output = Json)]
pub async fn tenants_page(ask: Ask) -> Result<TenantsView, AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let presence = match ask {
        Ask::Page => Presence::ByHand,
        Ask::Poll => Presence::Poll,
    };
    let (services, scope) = request::scope(presence).await?;
    settle(services.tenants_page(&scope).await)
}
