//! Quick filters with their counts.

use domain::views::{OperationsQuery, StateTab};
use leptos::prelude::*;

use super::query;

/// The server counts no further than this.
const COUNTED: i64 = 10_000;

/// `All 12`, `Active 2`, `Blocked 1` ...: links, so that they work everywhere.
#[component]
pub fn StateTabs(
    /// The tabs, with counts that follow the polls.
    tabs: Memo<Vec<StateTab>>,
    /// The query of this page.
    query: OperationsQuery,
) -> impl IntoView {
    let links = move || {
        let tab = |tab| tab_link(tab, &query);
        tabs.get().into_iter().map(tab).collect_view()
    };
    view! {
        <nav aria-label="State" class="flex flex-wrap gap-1 my-3">{links}</nav>
    }
}

fn tab_link(tab: StateTab, query: &OperationsQuery) -> impl IntoView + use<> {
    let current = (tab.state == query.state).then_some("true");
    let class = if current.is_some() {
        "btn btn-sm btn-primary"
    } else {
        "btn btn-sm btn-ghost"
    };
    let href = query::href_with(query, |query| query.state = tab.state);
    view! {
        <a class=class href=href aria-current=current>
            {tab.label} " " <span class="tabular-nums">{count(tab.count)}</span>
        </a>
    }
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
        assert_eq!(count(10_000), "10000");
        assert_eq!(count(10_001), "10000+");
    }
}
