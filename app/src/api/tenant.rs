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

/// Adds a tenant to the selected workspace, and shows it.
#[server(name = CreateTenant, prefix = "/api", endpoint = "tenant/create")]
pub async fn create(name: String, directory: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let id = compat::settle(services.tenant_create(&scope, &name, &directory).await)?;
    compat::redirect(&link::tenant(id));
    Ok(())
}

/// Gives a tenant another name, or another directory while nothing is connected to it.
#[server(name = ChangeTenant, prefix = "/api", endpoint = "tenant/change")]
pub async fn change(
    tenant: String,
    name: String,
    #[server(default)] directory: String,
) -> Result<(), AppError> {
    use domain::{ids::TenantId, link};
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let changed = services.tenant_change(&scope, &tenant, &name, &directory);
    compat::settle(changed.await)?;
    if let Ok(id) = tenant.parse::<TenantId>() {
        compat::redirect(&link::done(&link::tenant_settings(id), "saved"));
    }
    Ok(())
}

/// Brings a draft into onboarding.
#[server(name = OnboardTenant, prefix = "/api", endpoint = "tenant/onboard")]
pub async fn onboard(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.tenant_onboard(&scope, &tenant).await)
}

/// Takes a tenant that is being onboarded into service.
#[server(name = ActivateTenant, prefix = "/api", endpoint = "tenant/activate")]
pub async fn activate(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.tenant_activate(&scope, &tenant).await)
}

/// Pauses a tenant's queue.
#[server(name = PauseQueue, prefix = "/api", endpoint = "tenant/pause_queue")]
pub async fn pause_queue(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.queue_pause(&scope, &tenant).await)
}

/// Lets a tenant's queued runs start again.
#[server(name = ResumeQueue, prefix = "/api", endpoint = "tenant/resume_queue")]
pub async fn resume_queue(tenant: String) -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.queue_resume(&scope, &tenant).await)
}
