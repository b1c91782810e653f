//! The filter form: a plain GET form, so that the URL holds everything and no script is needed.

use domain::{
    link,
    views::{OperationsQuery, OperationsView},
};
use leptos::prelude::*;
use leptos_router::components::Form;

use super::query;

/// One choice of a select: its value in the URL and its words.
type Choice = (String, String);

/// Periods to look back on.
pub const PERIODS: [(&str, &str); 5] = [
    ("", "Any time"),
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
];

/// Who asked.
pub const INITIATORS: [(&str, &str); 3] =
    [("any", "Anybody"), ("mine", "Me"), ("system", "The system")];

const ORDERS: [(&str, &str); 2] = [("newest", "Newest first"), ("oldest", "Oldest first")];

/// Search, filters and order.
#[component]
pub fn Filters(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    let OperationsQuery {
        q,
        state,
        operation,
        tenant,
        initiator,
        since,
        sort,
        ..
    } = view.query;
    let operations = with_all("All operations", view.operations);
    let tenants = with_all(
        "All tenants",
        view.tenants
            .into_iter()
            .map(|tenant| (tenant.id.to_string(), tenant.name))
            .collect(),
    );
    view! {
        <Form method="GET" action=link::OPERATIONS attr:class="flex flex-wrap items-end gap-3 my-3" attr:role="search" attr:aria-label="Filter runs">
            <input type="hidden" name="state" value=state />
            <Search q />
            {select("operation", "Operation", operations, operation)}
            {select("tenant", "Tenant", tenants, tenant)}
            {select("initiator", "Started by", fixed(&INITIATORS), initiator)}
            {select("since", "Queued", fixed(&PERIODS), since)}
            {select("sort", "Order", fixed(&ORDERS), sort)}
            <button type="submit" class="btn btn-sm">"Apply"</button>
        </Form>
    }
}

#[component]
fn Search(q: String) -> impl IntoView {
    view! {
        <div class="grid gap-1">
            <label for="filter-q" class="quiet">"Search"</label>
            <input id="filter-q" type="search" name="q" value=q maxlength="200"
                class="input input-sm" placeholder="Run id, tenant or person" />
        </div>
    }
}

fn select(
    name: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
    chosen: String,
) -> AnyView {
    let id = format!("filter-{name}");
    let options = choices
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <div class="grid gap-1">
            <label for=id.clone() class="quiet">{label}</label>
            <select id=id name=name class="select select-sm">{options}</select>
        </div>
    }
    .into_any()
}

fn with_all(all: &str, mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.insert(0, (String::new(), all.to_owned()));
    choices
}

fn fixed(choices: &[(&str, &str)]) -> Vec<Choice> {
    choices
        .iter()
        .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
        .collect()
}

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
            view! { <li><a class="btn btn-xs" href=href aria-label=label>{words} " ×"</a></li> }
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
    if !query.tenant.is_empty() {
        chip(tenant_words(view), |query| query.tenant.clear());
    }
    if let Some(words) = named(&INITIATORS, &query.initiator).filter(|w| *w != "Anybody") {
        chip(format!("Started by: {words}"), |query| query.initiator.clear());
    }
    if !query.since.is_empty() {
        let words = named(&PERIODS, &query.since).unwrap_or(&query.since);
        chip(format!("Queued: {words}"), |query| query.since.clear());
    }
    chips
}

fn state_words(view: &OperationsView) -> String {
    let state = &view.query.state;
    let tab = view.tabs.iter().find(|tab| tab.state == *state);
    format!("State: {}", tab.map_or(state, |tab| &tab.label))
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

fn named(choices: &'static [(&'static str, &'static str)], value: &str) -> Option<&'static str> {
    choices
        .iter()
        .find(|(known, _)| *known == value)
        .map(|(_, words)| *words)
}
