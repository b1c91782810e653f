//! Why a queued run is not running.

use domain::{views::RunView, waiting::WaitingFor};
use leptos::prelude::*;

/// The one thing that would have to change; nothing for a run that is not queued.
#[component]
pub fn Waiting(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    // A run that waits for its own next try says so below, with which try it is, and why.
    let waiting =
        Memo::new(move |_| run.with(|run| run.waiting.clone().filter(|_| !is_for_its_time(run))));
    move || {
        let waiting = waiting.get()?;
        Some(view! {
            <section class="panel my-3" aria-labelledby="waiting" data-waiting=waiting.word>
                <h2 id="waiting">"Why it is not running"</h2>
                <p class="mt-2">{waiting.text}</p>
            </section>
        })
    }
}

/// Whether a run waits for the moment of its next try, and for nothing before it.
pub fn is_for_its_time(run: &RunView) -> bool {
    let waits = run.waiting.as_ref();
    run.next_try.is_some() && waits.is_some_and(|it| it.word == WaitingFor::Later.as_str())
}
