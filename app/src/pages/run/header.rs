//! Where the run stands: its badge, where it belongs, and the ways back.

use domain::{link, views::RunView};
use leptos::prelude::*;

use crate::ui::badge::RunBadge;

const ALL_OPERATIONS: &str = "/admin/operations?tenant=all";

/// The ways back to the table; neither changes which tenant is selected (V-03).
#[component]
pub fn WaysBack() -> impl IntoView {
    view! {
        <nav aria-label="Back" class="flex flex-wrap items-center gap-4">
            <a class="link" href=link::OPERATIONS>"Back to Operations"</a>
            <a class="link" href=ALL_OPERATIONS>"Show all operations"</a>
        </nav>
    }
}

/// The state; where the run belongs stands in the line under the title.
#[component]
pub fn Standing(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let state = Memo::new(move |_| run.with(|run| (run.state, run.denial_class)));
    let badge = move || {
        let (state, class) = state.get();
        let class = class.map(|class| {
            view! { <span class="quiet" data-denial-class=class.as_str()>{class.label()}</span> }
        });
        view! { <RunBadge state /> {class} }
    };
    view! {
        <p class="flex flex-wrap items-center gap-2">{badge}</p>
    }
}

/// Tenant and workspace of a run, in words.
pub fn place(run: &RunView) -> String {
    match &run.tenant {
        Some(tenant) => format!("{}, workspace {}", tenant.name, run.workspace),
        None => format!("Workspace {}", run.workspace),
    }
}
