//! Where a run stands on its way: somebody wants its end, or it waits for its next try.

use domain::{
    badge::Icon,
    run::RunStatus,
    views::{NextTry, RunView},
};
use leptos::prelude::*;

use super::waiting::is_for_its_time;
use crate::ui::{icon::Icon, time::Exact};

/// Who asked for the end of a run that is not over, and when it is tried again if it waits for that.
#[component]
pub fn OnItsWay(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let asked = Memo::new(move |_| {
        run.with(|run| {
            let is_over = run.state.status == RunStatus::Completed;
            run.cancel_asked.clone().filter(|_| !is_over)
        })
    });
    let next = Memo::new(move |_| {
        run.with(|run| {
            run.next_try
                .clone()
                .map(|next| (next, is_for_its_time(run)))
        })
    });
    view! {
        {move || asked.get().map(|asked| {
            view! {
                <section class="banner my-3" aria-label="Cancelling" data-cancelling>
                    <Icon icon=Icon::Ban />
                    <div class="grid gap-1">
                        <p class="prose">
                            <strong>"Cancelling"</strong> {format!(", asked by {}.", asked.by)}
                        </p>
                        <p class="quiet">
                            "Its worker is told within 10 seconds. What is done by then stays done. Asked "
                            <Exact at=asked.at /> "."
                        </p>
                    </div>
                </section>
            }
        })}
        {move || next.get().map(waiting)}
    }
}

fn waiting((next, is_first): (NextTry, bool)) -> impl IntoView {
    // Something else stands before it, and is said above.
    let lead = match is_first {
        true => "Tries again at ",
        false => "Tries again, not before ",
    };
    let which = format!(" (try {} of {}): ", next.number, next.of);
    view! {
        <section class="banner my-3" aria-label="Next try" data-next-try>
            <Icon icon=Icon::Clock />
            <div class="grid gap-1">
                <p class="prose">
                    <strong>{lead}</strong> <Exact at=next.at /> {which} {next.why} "."
                </p>
                <p class="quiet">
                    "It is authorised anew when it starts. What is done stays done. "
                    <code>{next.reason_code}</code>
                </p>
            </div>
        </section>
    }
}
