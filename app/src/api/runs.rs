//! One run, and starting runs.

use domain::views::{Live, RunView, StartAnswer};
use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// A run's page; with the version shown, only what is new.
#[server(name = RunPageData, prefix = "/api", endpoint = "run/page", input = Json, output = Json)]
pub async fn run_page(id: String, version: Option<String>) -> Result<Live<RunView>, AppError> {
    use crate::{compat::settle, request};
    let (services, scope) = request::scope(request::presence(version.as_ref())).await?;
    settle(services.run_page(&scope, &id, version.as_deref()).await)
}

/// Starts an operation in a tenant; a form without JavaScript goes back to the tenant's page with a notice.
#[server(name = StartRun, prefix = "/api", endpoint = "run/start", output = Json)]
pub async fn start(tenant: String, operation: String) -> Result<StartAnswer, AppError> {
    use domain::{ids::TenantId, link};
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let answer = compat::settle(services.start(&scope, &tenant, &operation).await)?;
    if let Ok(tenant) = tenant.parse::<TenantId>() {
        compat::redirect_form(&link::tenant_started(tenant, answer.run_id));
    }
    Ok(answer)
}

/// Says what a person found who looked at a write whose end nobody knew; leads back to the run.
#[server(name = ResolveWrite, prefix = "/api", endpoint = "run/resolve", output = Json)]
pub async fn resolve(run: String, intent: String, answer: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let resolved = services.write_resolve(&scope, &run, &intent, &answer).await;
    let run = compat::settle(resolved)?;
    compat::redirect_form(&link::run(run));
    Ok(())
}

/// Tries a run again as a new one; a form without JavaScript goes on to the new run.
#[server(name = RetryRun, prefix = "/api", endpoint = "run/retry", output = Json)]
pub async fn retry(run: String) -> Result<StartAnswer, AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let answer = compat::settle(services.retry(&scope, &run).await)?;
    compat::redirect_form(&link::run(answer.run_id));
    Ok(answer)
}

/// Ends a run, or asks for its end; a form without JavaScript goes back to the run.
#[server(name = CancelRun, prefix = "/api", endpoint = "run/cancel", output = Json)]
pub async fn cancel(run: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let run = compat::settle(services.cancel(&scope, &run).await)?;
    compat::redirect_form(&link::run(run));
    Ok(())
}
