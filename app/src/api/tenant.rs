//! One tenant.

use domain::views::{Live, TenantView};
use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// A tenant's page; with the version shown, only what is new.
#[server(name = TenantPageData, prefix = "/api", endpoint = "tenant/page", input = Json, output = Json)]
pub async fn tenant_page(
    id: String,
    started: Option<String>,
    version: Option<String>,
) -> Result<Live<TenantView>, AppError> {
    use crate::{compat::settle, request};
    let (services, scope) = request::scope(request::presence(version.as_ref())).await?;
    settle(
        services
            .tenant_page(&scope, &id, started.as_deref(), version.as_deref())
            .await,
    )
}

/// Puts a tenant away; its name has to be typed.
#[server(name = ArchiveTenant, prefix = "/api", endpoint = "tenant/archive")]
pub async fn archive(
    tenant: String,
    #[server(default)] typed_name: String,
) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.archive(&scope, &tenant, &typed_name).await)
}

/// Takes an archived tenant back into service.
#[server(name = ReactivateTenant, prefix = "/api", endpoint = "tenant/reactivate")]
pub async fn reactivate(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.reactivate(&scope, &tenant).await)
}
