//! What happened, in order, with the time between.

use domain::{
    time::duration,
    views::{RunView, TimelineEntry},
};
use leptos::prelude::*;

use crate::ui::time::Exact;

/// The timeline as an ordered list.
#[component]
pub fn Timeline(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let entries = Memo::new(move |_| run.with(|run| run.timeline.clone()));
    view! {
        <section class="panel" aria-labelledby="timeline">
            <h2 id="timeline">"Timeline"</h2>
            <ol class="mt-2 grid gap-1 list-decimal ps-5">
                {move || entries.get().into_iter().map(step).collect_view()}
            </ol>
        </section>
    }
}

fn step(entry: TimelineEntry) -> impl IntoView {
    let after = entry
        .after
        .map(|micros| format!("after {}", duration(micros)));
    view! {
        <li>
            <span class="font-medium">{entry.label}</span>
            " "
            <span class="quiet inline-block">
                <Exact at=entry.at />
                {after.map(|after| format!(", {after}"))}
            </span>
        </li>
    }
}
