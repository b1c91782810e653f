//! The way to older runs and back to the first page.

use domain::views::OperationsQuery;
use leptos::prelude::*;

use super::query;

/// `First page` and `Older`, as far as there is somewhere to go.
#[component]
pub fn Paging(
    /// The query of this page.
    query: OperationsQuery,
    /// Where the next page goes on.
    next: RwSignal<Option<String>>,
) -> impl IntoView {
    let label = if query.sort == "oldest" {
        "Newer"
    } else {
        "Older"
    };
    let first = (!query.after.is_empty()).then(|| query::href_with(&query, |_| ()));
    let further = move || {
        let href = next
            .get()
            .map(|after| query::href_with(&query, |query| query.after = after));
        href.map(|href| view! { <a class="btn btn-sm" rel="next" href=href>{label}</a> })
    };
    view! {
        <nav aria-label="Pages" class="flex gap-2 my-3">
            {first.map(|href| view! { <a class="btn btn-sm" href=href>"First page"</a> })}
            {further}
        </nav>
    }
}
