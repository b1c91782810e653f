//! Quick filters with their counts.

use domain::views::{OperationsQuery, StateTab};
use leptos::prelude::*;

use super::query;

/// The server counts no further than this.
const COUNTED: i64 = 1_000;

/// `All`, `Active 2`, `Blocked 1` ...: links, so that they work everywhere.
#[component]
pub fn StateTabs(
    /// The tabs, with counts that follow the polls.
    tabs: Memo<Vec<StateTab>>,
    /// The query of this page.
    query: OperationsQuery,
) -> impl IntoView {
    // Drawn once: a poll changes the numbers alone, never a link that has the focus.
    let links = tabs
        .get_untracked()
        .into_iter()
        .map(|tab| {
            let state = tab.state.clone();
            tab_link(tab.state, tab.label, &query, move || counted(tabs, &state))
        })
        .collect_view();
    let all = tab_link(String::new(), "All".to_owned(), &query, || None);
    view! {
        <nav aria-label="State" class="flex flex-wrap gap-1 my-3">{all} {links}</nav>
    }
}

fn tab_link(
    state: String,
    label: String,
    query: &OperationsQuery,
    number: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> AnyView {
    let current = (state == query.state).then_some("true");
    let class = if current.is_some() {
        "btn btn-sm btn-primary"
    } else {
        "btn btn-sm"
    };
    let href = query::href_with(query, |query| query.state = state);
    view! {
        <a class=class href=href aria-current=current>
            {label} <span class="tabular-nums empty:hidden">{number}</span>
        </a>
    }
    .into_any()
}

fn counted(tabs: Memo<Vec<StateTab>>, state: &str) -> Option<String> {
    tabs.with(|tabs| {
        let tab = tabs.iter().find(|tab| tab.state == state);
        tab.map(|tab| count(tab.count))
    })
}

fn count(count: i64) -> String {
    if count > COUNTED {
        format!("{COUNTED}+")
    } else {
        count.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn a_count_that_was_cut_off_says_so() {
        assert_eq!(count(1_000), "1000");
        assert_eq!(count(1_001), "1000+");
    }
}
