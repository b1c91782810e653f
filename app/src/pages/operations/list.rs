//! The list under its filters, fed by polls.

use domain::views::OperationsView;
use leptos::{html, prelude::*};

use super::{
    chips::ActiveFilters,
    columns::Columns,
    filters::Filters,
    nothing::Nothing,
    paging::Paging,
    rows::{Reader, merge},
    scope::ScopeLabel,
    table::{RunsTable, Shown},
    tabs::StateTabs,
};
use crate::{
    api::operations::operations_page,
    ui::{
        live::{LiveControls, use_live},
        page::Page,
    },
};

/// How far down a reader still counts as being at the top, in pixels.
const TOP: f64 = 8.0;

/// Title row, scope, tabs, filters and the table.
#[component]
pub fn Listing(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    view! {
        <Page title="Operations" subtitle="Every run on the tenants you can see: queued, running and ended.">
            <ScopeLabel view=view.clone() />
            <Filters view=view.clone() />
            <ActiveFilters view=view.clone() />
            <LiveRuns view />
        </Page>
    }
}

/// The part that polls: counts, rows and the notice of new runs.
#[component]
fn LiveRuns(view: OperationsView) -> impl IntoView {
    let first = view.clone();
    let query = view.query.clone();
    let asked = query.clone();
    let live = use_live(
        view,
        |view| view.rows.iter().any(|row| !row.state.is_over()),
        move |version| operations_page(asked.clone(), Some(version)),
    );
    let polled = live.view;
    let shown = Shown {
        rows: RwSignal::new(first.rows.clone()),
        next: RwSignal::new(first.next.clone()),
        as_of: live.now,
    };
    let table = NodeRef::<html::Table>::new();
    let waiting = follow(polled, shown, table);
    let tabs = Memo::new(move |_| polled.with(|view| view.tabs.clone()));
    view! {
        <StateTabs tabs query=query.clone() />
        <div class="flex flex-wrap items-center gap-3 my-2">
            <LiveControls live />
            <Columns />
        </div>
        <NewRuns waiting polled shown table />
        <Rows first shown table />
        <Paging query next=shown.next />
    }
}

/// Brings each poll into the rows that are shown; answers how many new runs wait.
fn follow(
    polled: Signal<OperationsView>,
    shown: Shown,
    table: NodeRef<html::Table>,
) -> RwSignal<usize> {
    let waiting = RwSignal::new(0);
    Effect::new(move |before: Option<()>| {
        let view = polled.get();
        // The first answer is what is shown already.
        if before.is_none() {
            return;
        }
        let rows = shown.rows.get_untracked();
        let merged = merge(&rows, view.rows, reader(table));
        if merged.waiting == 0 {
            shown.next.set(view.next);
        }
        shown.rows.set(merged.rows);
        waiting.set(merged.waiting);
    });
    waiting
}

/// Whether somebody is at work in the table. Browser only.
fn reader(table: NodeRef<html::Table>) -> Reader {
    let is_scrolled = window().scroll_y().is_ok_and(|y| y > TOP);
    let is_inside = table.get_untracked().is_some_and(|table| {
        let at_hand = table.query_selector("tbody :hover, :focus");
        at_hand.is_ok_and(|element| element.is_some())
    });
    if is_scrolled || is_inside {
        Reader::Reading
    } else {
        Reader::Away
    }
}

/// Says how many new runs wait, and shows them when asked.
#[component]
fn NewRuns(
    waiting: RwSignal<usize>,
    polled: Signal<OperationsView>,
    shown: Shown,
    table: NodeRef<html::Table>,
) -> impl IntoView {
    let show = move |_| {
        let view = polled.get_untracked();
        shown.rows.set(view.rows);
        shown.next.set(view.next);
        waiting.set(0);
        // The button goes away; the focus must not be lost with it.
        if let Some(table) = table.get_untracked() {
            let _ = table.focus();
        }
    };
    view! {
        <div role="status" class="new-runs">
            <Show when=move || { waiting.get() > 0 }>
                <button type="button" class="btn btn-sm btn-primary" on:click=show>
                    {move || words(waiting.get())}
                </button>
            </Show>
        </div>
    }
}

fn words(waiting: usize) -> String {
    if waiting == 1 {
        "1 new run, show".to_owned()
    } else {
        format!("{waiting} new runs, show")
    }
}

/// The table, or why there is none.
#[component]
fn Rows(first: OperationsView, shown: Shown, table: NodeRef<html::Table>) -> impl IntoView {
    let is_empty = Memo::new(move |_| shown.rows.with(Vec::is_empty));
    let query = first.query.clone();
    move || {
        if is_empty.get() {
            view! { <Nothing view=first.clone() /> }.into_any()
        } else {
            view! { <RunsTable shown query=query.clone() table /> }.into_any()
        }
    }
}
