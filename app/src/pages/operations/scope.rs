//! What the list is about, and the way back or out (V-08).

use domain::{link, views::OperationsView};
use leptos::prelude::*;

use crate::api::frame::ClearTenant;

/// Clears the selected tenant; the page asks again when it has.
pub type Clearing = ServerAction<ClearTenant>;

/// `Contoso`, or all tenants of the workspace, with the way to the other.
#[component]
pub fn ScopeLabel(
    /// The page as it was first answered.
    view: OperationsView,
    /// Clears the selected tenant.
    clearing: Clearing,
) -> impl IntoView {
    match view.scope {
        Some(tenant) => {
            let back = format!("Back to {}", tenant.name);
            view! {
                <div class="flex flex-wrap items-center gap-3" data-scope="tenant">
                    <p>"Runs of " <strong>{tenant.name}</strong></p>
                    <a class="link" href=link::tenant(tenant.id)>{back}</a>
                    <ShowAllTenants clearing />
                </div>
            }
            .into_any()
        }
        None => view! {
            <p data-scope="workspace">
                "Runs of all tenants of " <strong>{view.workspace}</strong> " that you can see"
            </p>
        }
        .into_any(),
    }
}

/// Clears the selected tenant and shows the whole workspace.
#[component]
fn ShowAllTenants(clearing: Clearing) -> impl IntoView {
    view! {
        <ActionForm action=clearing>
            <input type="hidden" name="next" value=link::OPERATIONS />
            <button type="submit" class="link">"Show all tenants"</button>
        </ActionForm>
    }
}
