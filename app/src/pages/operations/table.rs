//! The table of runs: rows keep their place and their elements; only what is in them changes.

use domain::{
    ids::RunId,
    link,
    time::Timestamp,
    views::{OperationsQuery, RunRowView},
};
use leptos::{html, prelude::*};

use super::{query, rows};
use crate::ui::{
    badge::RunBadge,
    time::{Ago, took_of},
};

/// The rows that are shown, and the moment they are seen from.
#[derive(Clone, Copy)]
pub struct Shown {
    /// The rows.
    pub rows: RwSignal<Vec<RunRowView>>,
    /// Where the page after these rows goes on.
    pub next: RwSignal<Option<String>>,
    /// Server time of the last answer.
    pub as_of: Signal<Timestamp>,
}

/// The table; a row is a card on a narrow screen.
#[component]
pub fn RunsTable(
    /// What to show.
    shown: Shown,
    /// The query of this page.
    query: OperationsQuery,
    /// Lets the page ask whether somebody reads in it.
    table: NodeRef<html::Table>,
) -> impl IntoView {
    view! {
        <table class="data-table" node_ref=table tabindex="-1">
            <caption>{caption(&query)}</caption>
            <Head query />
            <tbody>
                <For each=move || shown.rows.get() key=|row| row.id let:row>
                    <Row shown row />
                </For>
            </tbody>
        </table>
    }
}

fn caption(query: &OperationsQuery) -> &'static str {
    if query.sort == "oldest" {
        "Runs, oldest first"
    } else {
        "Runs, newest first"
    }
}

#[component]
fn Head(query: OperationsQuery) -> impl IntoView {
    let oldest = query.sort == "oldest";
    let (sorted, other, arrow) = if oldest {
        ("ascending", "newest", "\u{2191}")
    } else {
        ("descending", "oldest", "\u{2193}")
    };
    let href = query::href_with(&query, |query| query.sort = other.to_owned());
    let label = format!("Queued, sort {other} first");
    view! {
        <thead>
            <tr>
                <th scope="col">"State"</th>
                <th scope="col">"Operation"</th>
                <th scope="col" data-column="target">"Target"</th>
                <th scope="col" data-column="initiator">"Started by"</th>
                <th scope="col" aria-sort=sorted data-column="queued">
                    <a class="link" href=href aria-label=label>
                        "Queued " <span aria-hidden="true">{arrow}</span>
                    </a>
                </th>
                <th scope="col" class="number" data-column="duration">"Duration"</th>
                <th scope="col"><span class="sr-only">"Link"</span></th>
            </tr>
        </thead>
    }
}

#[component]
fn Row(shown: Shown, row: RunRowView) -> impl IntoView {
    let id = row.id;
    let label = format!("View run: {} in {}", row.operation, row.target);
    let first = row.clone();
    let live = Memo::new(move |_| {
        let found = shown.rows.with(|rows| rows::find(rows, id).cloned());
        found.unwrap_or_else(|| first.clone())
    });
    let queued_at = row.queued_at;
    view! {
        <tr data-run=id.to_string()>
            <td data-label="State">{move || state_cell(&live.get())}</td>
            <th scope="row" data-label="Operation">{row.operation} {row.parent_id.map(part)}</th>
            <td data-label="Target" data-column="target">{row.target}</td>
            <td data-label="Started by" data-column="initiator">{row.initiator}</td>
            <td class="brief" data-label="Queued" data-column="queued"><Ago at=queued_at now=shown.as_of /></td>
            <td class="number" data-label="Duration" data-column="duration">
                {move || live.with(|row| took_of(row, shown.as_of.get()))}
            </td>
            <td class="brief" data-label="">
                <a class="link" href=link::run(id) aria-label=label>"View run"</a>
            </td>
        </tr>
    }
}

/// The way to the whole that a run is a part of.
fn part(parent: RunId) -> impl IntoView {
    view! { <br /> <a class="link quiet" href=link::run(parent)>"part of a bulk"</a> }
}

fn state_cell(row: &RunRowView) -> impl IntoView + use<> {
    let class = row.denial_class.map(|class| {
        view! { <span class="quiet" data-denial-class=class.as_str()>{class.label()}</span> }
    });
    let waiting = row.waiting.map(|waiting| {
        view! { <span class="quiet" data-waiting=waiting.as_str()>{waiting.short()}</span> }
    });
    let progress = row
        .progress
        .filter(|_| !row.state.is_over())
        .map(|(done, total)| view! { <span class="quiet">{format!("{done} of {total}")}</span> });
    view! {
        <span class="inline-flex flex-wrap items-center gap-2">
            <RunBadge state=row.state />
            {class}
            {waiting}
            {progress}
        </span>
    }
}
