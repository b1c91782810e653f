//! What the list is about, and the way back or out (V-08).

use domain::{link, views::OperationsView};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{api::frame::ClearTenant, ui::action::PostForm};

/// `Contoso`, or all tenants of the workspace, with the way to the other.
#[component]
pub fn ScopeLabel(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    match view.scope {
        Some(tenant) => {
            let back = format!("Back to {}", tenant.name);
            view! {
                <div class="flex flex-wrap items-center gap-3" data-scope="tenant">
                    <p>"Runs of " <strong>{tenant.name}</strong></p>
                    <a class="link" href=link::tenant(tenant.id)>{back}</a>
                    <ShowAllTenants />
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

/// Clears the selected tenant and shows the whole workspace; a whole new page, because the frame changes too.
#[component]
fn ShowAllTenants() -> impl IntoView {
    view! {
        <PostForm action=ClearTenant::PATH>
            <input type="hidden" name="next" value=link::OPERATIONS />
            <button type="submit" class="link">"Show all tenants"</button>
        </PostForm>
    }
}
