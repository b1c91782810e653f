//! Why a queued run is not running.

use domain::views::RunView;
use leptos::prelude::*;

/// The one thing that would have to change; nothing for a run that is not queued.
#[component]
pub fn Waiting(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let waiting = Memo::new(move |_| run.with(|run| run.waiting.clone()));
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
