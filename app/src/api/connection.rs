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

/// Connects a tenant to its directory; the secret goes in here and comes out nowhere.
#[server(name = CreateConnection, prefix = "/api", endpoint = "connection/create")]
pub async fn create(
    tenant: String,
    name: String,
    client_id: String,
    #[server(default)] secret: String,
) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let secret = secret.into();
    let made = services.connection_create(&scope, &tenant, &name, &client_id, &secret);
    compat::settle(made.await)?;
    lead_to(&tenant, link::tenant);
    Ok(())
}

/// Gives the tenant's connection another name or application.
#[server(name = ChangeConnection, prefix = "/api", endpoint = "connection/change")]
pub async fn change(tenant: String, name: String, client_id: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let changed = services.connection_change(&scope, &tenant, &name, &client_id);
    compat::settle(changed.await)?;
    lead_to(&tenant, |id| {
        link::done(&link::tenant_connection(id), "saved")
    });
    Ok(())
}

/// Stores another secret, or a certificate with its key, for the tenant's connection.
#[server(name = RotateCredential, prefix = "/api", endpoint = "connection/rotate")]
pub async fn rotate(
    tenant: String,
    #[server(default)] secret: String,
    #[server(default)] certificate: String,
) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let stored = if certificate.trim().is_empty() {
        let secret = secret.into();
        services.credential_rotate(&scope, &tenant, &secret).await
    } else {
        let pem = certificate.into();
        services.credential_certificate(&scope, &tenant, &pem).await
    };
    compat::settle(stored)?;
    lead_to(&tenant, |id| {
        link::done(&link::tenant_connection(id), "stored")
    });
    Ok(())
}

/// Leads to a page of the tenant that a form named.
#[cfg(feature = "ssr")]
fn lead_to(tenant: &str, page: impl FnOnce(domain::ids::TenantId) -> String) {
    if let Ok(id) = tenant.parse() {
        crate::compat::redirect(&page(id));
    }
}
