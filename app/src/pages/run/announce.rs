//! Says a change of state once, politely, to people who do not see the badge change.

use domain::{badge::run_badge, run::RunState, views::RunView};
use leptos::prelude::*;

/// A live region that speaks only when the state has changed since the page opened.
#[component]
pub fn StateAnnouncer(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let state = Memo::new(move |_| run.with(|run| run.state));
    Effect::new(move |before: Option<RunState>| {
        let now = state.get();
        if before.is_some_and(|before| before != now) {
            said.set(run.with_untracked(sentence));
        }
        now
    });
    view! { <p class="sr-only" role="status">{said}</p> }
}

fn sentence(run: &RunView) -> String {
    format!("{} is now: {}.", run.operation, run_badge(run.state).label)
}
