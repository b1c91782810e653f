//! What the list is narrowed by, and how to widen it again.

use domain::{
    link,
    views::{OperationsQuery, OperationsView},
};
use leptos::prelude::*;

use super::{
    query,
    words::{INITIATORS, PERIODS, named, states},
};

/// What the list is narrowed by, each with a link that takes it away.
#[component]
pub fn ActiveFilters(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    let chips = chips(&view);
    if chips.is_empty() {
        return ().into_any();
    }
    let chips = chips
        .into_iter()
        .map(|(words, href)| {
            let label = format!("Remove filter {words}");
            view! {
                <li class="max-w-full">
                    <a class="btn btn-sm max-w-full" href=href aria-label=label><span class="truncate">{words}</span> " ×"</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul aria-label="Active filters" class="flex flex-wrap items-center gap-2 my-2">
            {chips}
            <li><a class="link" href=link::OPERATIONS>"Reset filters"</a></li>
        </ul>
    }
    .into_any()
}

/// The words of each active filter, and the address without it.
fn chips(view: &OperationsView) -> Vec<(String, String)> {
    let query = &view.query;
    let mut chips = Vec::new();
    let mut chip = |words: String, clear: fn(&mut OperationsQuery)| {
        chips.push((words, query::href_with(query, clear)));
    };
    if !query.q.is_empty() {
        chip(format!("Search: {}", query.q), |query| query.q.clear());
    }
    if !query.state.is_empty() {
        chip(state_words(view), |query| query.state.clear());
    }
    if !query.operation.is_empty() {
        chip(operation_words(view), |query| query.operation.clear());
    }
    if !matches!(query.tenant.as_str(), "" | "all") {
        // Without the word, the list would be about the selected tenant instead.
        chip(tenant_words(view), |query| query.tenant = "all".to_owned());
    }
    if let Some(words) = named(&INITIATORS, &query.initiator).filter(|w| *w != "Anybody") {
        chip(format!("Started by: {words}"), |query| {
            query.initiator.clear()
        });
    }
    if !query.since.is_empty() {
        let words = named(&PERIODS, &query.since).unwrap_or(&query.since);
        chip(format!("Queued: {words}"), |query| query.since.clear());
    }
    if !query.parent.is_empty() {
        chip("Parts of one bulk".to_owned(), |query| query.parent.clear());
    }
    chips
}

fn state_words(view: &OperationsView) -> String {
    let state = &view.query.state;
    let known = states().into_iter().find(|(word, _)| word == state);
    format!(
        "State: {}",
        known.map_or_else(|| state.clone(), |(_, words)| words)
    )
}

fn operation_words(view: &OperationsView) -> String {
    let code = &view.query.operation;
    let known = view.operations.iter().find(|(known, _)| known == code);
    format!("Operation: {}", known.map_or(code, |(_, label)| label))
}

fn tenant_words(view: &OperationsView) -> String {
    let id = &view.query.tenant;
    let known = view
        .tenants
        .iter()
        .find(|tenant| tenant.id.to_string() == *id);
    format!("Tenant: {}", known.map_or("unknown", |tenant| &tenant.name))
}
