//! `/admin/operations`: every run the viewer may see, watched live.

mod chips;
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

use self::{list::Listing, scope::Clearing};
use crate::{api::operations::operations_page, ui::error::ErrorPage};

/// The table of runs; its whole state is in the URL.
#[component]
pub fn OperationsPage() -> impl IntoView {
    let params = use_query_map();
    let query = Memo::new(move |_| params.with(query::from_url));
    // Clearing the selection may leave the address as it is, and still changes the list.
    let clearing = Clearing::new();
    let page = Resource::new(
        move || (query.get(), clearing.version().get()),
        |(query, _)| async move { operations_page(query, None).await },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(Live::Changed(view)) => view! { <Listing view clearing /> }.into_any(),
                    // Nothing was shown before, so there is nothing that could be unchanged.
                    Ok(Live::Unchanged) => view! { <ErrorPage error=ApiError::NotFound /> }.into_any(),
                    Err(error) => view! { <ErrorPage error=error.0 /> }.into_any(),
                }
            })}
        </Transition>
    }
}
