//! Where the run stands: its badge, where it belongs, and the ways back.

use domain::{link, run::RunOutcome, views::RunView};
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
    let ended_by = Memo::new(move |_| {
        run.with(|run| {
            let asked = run.cancel_asked.as_ref();
            let is_cancelled = run.state.outcome == RunOutcome::Cancelled;
            asked
                .filter(|_| is_cancelled)
                .map(|asked| format!("by {}", asked.by))
        })
    });
    let badge = move || {
        let (state, class) = state.get();
        let class = class.map(|class| {
            view! { <span class="quiet" data-denial-class=class.as_str()>{class.label()}</span> }
        });
        let by = ended_by
            .get()
            .map(|by| view! { <span class="quiet">{by}</span> });
        view! { <RunBadge state /> {class} {by} }
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
