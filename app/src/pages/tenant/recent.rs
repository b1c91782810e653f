//! The newest runs of the tenant.

use domain::{link, views::RunRowView};
use leptos::prelude::*;

use super::{Tenant, now};
use crate::ui::{
    badge::RunBadge,
    time::{Ago, took_of},
};

/// The newest runs that the person may see.
#[component]
pub fn Recent(live: Tenant) -> impl IntoView {
    let id = live.view.with_untracked(|view| view.id);
    let runs = Memo::new(move |_| live.view.with(|view| view.recent.clone()));
    let content = move || {
        if runs.with(Vec::is_empty) {
            view! { <p class="quiet">"No runs yet. What is started above appears here at once."</p> }
                .into_any()
        } else {
            view! { <Table runs live /> }.into_any()
        }
    };
    view! {
        <section class="panel mt-4" aria-labelledby="recent">
            <div class="flex flex-wrap items-center justify-between gap-2 mb-2">
                <h2 id="recent">"Recent runs"</h2>
                <a class="link" href=link::operations_of(id)>"All runs of this tenant"</a>
            </div>
            {content}
        </section>
    }
}

#[component]
fn Table(runs: Memo<Vec<RunRowView>>, live: Tenant) -> impl IntoView {
    view! {
        <table class="data-table">
            <caption class="sr-only">"Recent runs, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"State"</th>
                    <th scope="col">"Operation"</th>
                    <th scope="col">"Started by"</th>
                    <th scope="col">"Queued"</th>
                    <th scope="col" class="number">"Duration"</th>
                    <th scope="col"><span class="sr-only">"Link"</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || runs.get() key=|run| run.id let:first>
                    <Line first runs live />
                </For>
            </tbody>
        </table>
    }
}

/// One row; the row stays, its cells change.
#[component]
fn Line(first: RunRowView, runs: Memo<Vec<RunRowView>>, live: Tenant) -> impl IntoView {
    let (id, operation, initiator) = (first.id, first.operation.clone(), first.initiator.clone());
    let label = format!("View run: {operation}");
    let queued_at = first.queued_at;
    let run = Memo::new(move |_| {
        runs.with(|runs| runs.iter().find(|run| run.id == id).cloned())
            .unwrap_or_else(|| first.clone())
    });
    view! {
        <tr data-run=id.to_string()>
            <td data-label="State">{move || run.with(state)}</td>
            <td data-label="Operation">{operation}</td>
            <td data-label="Started by">{initiator}</td>
            <td class="brief" data-label="Queued"><Ago at=queued_at now=now(live) /></td>
            <td data-label="Duration" class="number">{move || run.with(|run| took_of(run, now(live).get()))}</td>
            <td class="brief" data-label=""><a class="link" href=link::run(id) aria-label=label>"View run"</a></td>
        </tr>
    }
}

fn state(run: &RunRowView) -> impl IntoView + use<> {
    let waiting = run.waiting.map(|waiting| {
        view! { <span class="quiet" data-waiting=waiting.as_str()>{waiting.short()}</span> }
    });
    view! {
        <span class="inline-flex flex-wrap items-center gap-2"><RunBadge state=run.state /> {waiting}</span>
    }
}
