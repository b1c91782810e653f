//! Bulk verification: choosing tenants, and asking for it.

use leptos::prelude::*;

use crate::error::AppError;

/// Keeps a choice of tenants, and shows it before anything is asked for.
#[server(name = SelectForVerification, prefix = "/api", endpoint = "verify/select")]
pub async fn select(#[server(default)] tenants: Vec<String>) -> Result<(), AppError> {
    use domain::link;
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let id = compat::settle(services.verify_select(&scope, &tenants).await)?;
    compat::redirect(&link::verify_selection(id));
    Ok(())
}

/// Asks for the bulk verification of a choice, and shows where its run is.
#[server(name = StartVerification, prefix = "/api", endpoint = "verify/start")]
pub async fn start(selection: String) -> Result<(), AppError> {
    use domain::{ids::SelectionId, link};
    use operations::Presence;

    use crate::{compat, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    let answer = compat::settle(services.verify_start(&scope, &selection).await)?;
    // An equal one may be under way that was asked for with another choice: then there is its run alone to show.
    match selection.parse::<SelectionId>() {
        Ok(id) if answer.result == domain::views::StartResult::Accepted => {
            compat::redirect(&link::verify_selection(id));
        }
        _ => compat::redirect(&link::run(answer.run_id)),
    }
    Ok(())
}
