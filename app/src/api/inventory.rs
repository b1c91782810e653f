//! What was read from a tenant.

use domain::views::InventoryView;
use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// One page of a tenant's inventory: of one kind, after a name and id.
#[server(name = InventoryPageData, prefix = "/api", endpoint = "inventory/page", input = Json, output = Json)]
pub async fn inventory_page(
    id: String,
    kind: Option<String>,
    after: Option<(String, String)>,
) -> Result<InventoryView, AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let after = after
        .as_ref()
        .map(|(name, id)| (name.as_str(), id.as_str()));
    settle(
        services
            .inventory_page(&scope, &id, kind.as_deref(), after)
            .await,
    )
}
