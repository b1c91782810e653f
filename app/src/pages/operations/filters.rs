//! The filter form: a plain GET form, so that the URL holds everything and no script is needed.

use std::sync::Arc;

use domain::{link, views::OperationsView};
use leptos::prelude::*;
use leptos_router::components::Form;
use web_sys::FormData;

use super::words::{INITIATORS, PERIODS, states};

/// One choice of a select: its value in the URL and its words.
type Choice = (String, String);

const ORDERS: [(&str, &str); 2] = [("newest", "Newest first"), ("oldest", "Oldest first")];

/// The fields, each with the value that is meant when it is not there; a tenant is always said.
const SILENT: [(&str, &str); 7] = [
    // The router adds the button that was pressed, which has no name.
    ("", ""),
    ("q", ""),
    ("state", ""),
    ("operation", ""),
    ("initiator", "any"),
    ("since", ""),
    ("sort", "newest"),
];

/// What the URL says to look beyond the selected tenant.
const ALL_TENANTS: &str = "all";

/// Search, filters and order.
#[component]
pub fn Filters(
    /// The page as it was first answered.
    view: OperationsView,
) -> impl IntoView {
    let chosen_tenant = tenant_choice(&view);
    let query = view.query;
    let operations = with_all("", "All operations", view.operations);
    let named = view.tenants.into_iter();
    let named = named.map(|tenant| (tenant.id.to_string(), tenant.name));
    let tenants = with_all(ALL_TENANTS, "All tenants", named.collect());
    view! {
        <Form method="GET" action=link::OPERATIONS on_form_data=without_silence()
            attr:class="flex flex-wrap items-end gap-3 my-3" attr:role="search" attr:aria-label="Filter runs">
            <Search q=query.q />
            <details class="filter-fold">
                <summary class="btn btn-sm">"Filters"</summary>
                <div class="filter-fields">
                    {select("state", "State", with_all("", "Any state", states()), query.state)}
                    {select("operation", "Operation", operations, query.operation)}
                    {select("tenant", "Tenant", tenants, chosen_tenant)}
                    {select("initiator", "Started by", fixed(&INITIATORS), query.initiator)}
                    {select("since", "Queued", fixed(&PERIODS), query.since)}
                    {select("sort", "Order", fixed(&ORDERS), query.sort)}
                </div>
            </details>
            <button type="submit" class="btn btn-sm">"Apply"</button>
        </Form>
    }
}

/// Leaves out of the address what says nothing: empty fields, and what is meant without them.
fn without_silence() -> Arc<dyn Fn(&FormData)> {
    Arc::new(|data| {
        for (name, unsaid) in SILENT {
            let value = data.get(name).as_string();
            if value.is_none_or(|value| value.is_empty() || value == unsaid) {
                data.delete(name);
            }
        }
    })
}

/// The tenant to preselect: the URL's, else the one the list is about.
fn tenant_choice(view: &OperationsView) -> String {
    let about = view.scope.as_ref().map(|tenant| tenant.id.to_string());
    match (view.query.tenant.as_str(), about) {
        ("", Some(about)) => about,
        ("", None) => ALL_TENANTS.to_owned(),
        (asked, _) => asked.to_owned(),
    }
}

#[component]
fn Search(q: String) -> impl IntoView {
    view! {
        <div class="filter-search grid gap-1">
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

fn with_all(value: &str, all: &str, mut choices: Vec<Choice>) -> Vec<Choice> {
    choices.insert(0, (value.to_owned(), all.to_owned()));
    choices
}

fn fixed(choices: &[(&str, &str)]) -> Vec<Choice> {
    choices
        .iter()
        .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
        .collect()
}
