//! The list of tenants.

use domain::views::TenantsView;
use leptos::prelude::*;

use super::frame::Ask;
use crate::{codec::Json, error::AppError};

/// The tenants of the selected workspace that the person is entitled to.
#[server(name = TenantsPageData, prefix = "/api", endpoint = "tenants/page", input = Json, output = Json)]
pub async fn tenants_page(ask: Ask) -> Result<TenantsView, AppError> {
    use domain::{error::ApiError, link};
    use operations::Presence;

    use crate::{
        compat::{redirect, settle},
        request,
    };
    let presence = match ask {
        Ask::Page => Presence::ByHand,
        Ask::Poll => Presence::Poll,
    };
    let (services, scope) = request::scope(presence).await?;
    match services.tenants_page(&scope).await {
        // A member of no workspace has one thing to do first.
        Err(ApiError::NotFound) => {
            redirect(link::NEW_WORKSPACE);
            Err(AppError(ApiError::NotFound))
        }
        answer => settle(answer),
    }
}
