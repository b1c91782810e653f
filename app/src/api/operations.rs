//! The list of runs.

use domain::views::{Live, OperationsQuery, OperationsView};
use leptos::prelude::*;

use crate::{codec::Json, error::AppError};

/// One page of the operations list; with the version shown, only what is new.
#[server(name = OperationsPageData, prefix = "/api", endpoint = "operations/page", input = Json, output = Json)]
pub async fn operations_page(
    query: OperationsQuery,
    version: Option<String>,
) -> Result<Live<OperationsView>, AppError> {
    use crate::{compat::settle, request};
    let (services, scope) = request::scope(request::presence(version.as_ref())).await?;
    settle(
        services
            .operations_page(&scope, &query, version.as_deref())
            .await,
    )
}
