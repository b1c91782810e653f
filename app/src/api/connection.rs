//! A tenant's provider connection.

use leptos::prelude::*;

use crate::error::AppError;

/// Switches the tenant's connection on.
#[server(name = EnableConnection, prefix = "/api", endpoint = "connection/enable")]
pub async fn enable(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.connection_enable(&scope, &tenant).await)
}

/// Switches the tenant's connection off; nothing runs through it then.
#[server(name = DisableConnection, prefix = "/api", endpoint = "connection/disable")]
pub async fn disable(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.connection_disable(&scope, &tenant).await)
}
