//! `/admin/operations`: every run the viewer may see, watched live.

mod chips;
mod columns;
mod filters;
mod list;
mod nothing;
mod paging;
mod query;
mod rows;
mod scope;
mod table;
mod tabs;
mod words;

use domain::{error::ApiError, views::Live};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::list::Listing;
use crate::{
    api::operations::operations_page,
    ui::{error::ErrorPage, page::load},
};

/// The table of runs; its whole state is in the URL.
#[component]
pub fn OperationsPage() -> impl IntoView {
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(query::from_url));
    let page = Resource::new(
        move || query.get(),
        |query| async move { operations_page(query, None).await },
    );
    load(page, |answer| match answer {
        Live::Changed(view) => view! { <Listing view /> }.into_any(),
        // Nothing was shown before, so there is nothing that could be unchanged.
        Live::Unchanged { .. } => view! { <ErrorPage error=ApiError::NotFound /> }.into_any(),
    })
}
