//! A list without rows says why.

use domain::{
    link,
    views::{OperationsQuery, OperationsView},
};
use leptos::prelude::*;

use super::query;
use crate::ui::empty::Empty;

/// No runs at all, or none that the filters let through.
#[component]
pub fn Nothing(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    if is_narrowed(&view) {
        view! {
            <Empty title="No run matches" text="There may be runs, but none that all of these filters let through.">
                <a class="btn btn-sm" href=link::OPERATIONS>"Reset filters"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty title="No runs yet" text="Every operation that somebody starts on a tenant appears here, from the moment it is queued.">
                <a class="btn btn-sm" href=link::TENANTS>"Choose a tenant to start one"</a>
            </Empty>
        }
        .into_any()
    }
}

/// A tenant that is the scope of the list by selection is no filter that hides rows.
fn is_narrowed(view: &OperationsView) -> bool {
    let mut query: OperationsQuery = view.query.clone();
    let scope = view.scope.as_ref().map(|tenant| tenant.id.to_string());
    if scope.is_some_and(|scope| scope == query.tenant) {
        query.tenant.clear();
    }
    query::is_filtered(&query) || !query.after.is_empty()
}
