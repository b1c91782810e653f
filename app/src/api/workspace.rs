//! Workspaces.

use leptos::prelude::*;

use crate::error::AppError;

/// Makes a workspace, owned by the person who asks, and shows it.
#[server(name = CreateWorkspace, prefix = "/api", endpoint = "workspace/create")]
pub async fn create(name: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.workspace_create(&scope, &name).await)?;
    compat::redirect(link::TENANTS);
    Ok(())
}

/// Gives the selected workspace another name.
#[server(name = RenameWorkspace, prefix = "/api", endpoint = "workspace/rename")]
pub async fn rename(name: String) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    compat::settle(services.workspace_rename(&scope, &name).await)?;
    compat::redirect(&link::done(link::WORKSPACE, "saved"));
    Ok(())
}
