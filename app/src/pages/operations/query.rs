//! The list's state in the URL: read from it, and written back into links.

use domain::{link, views::OperationsQuery};
use leptos_router::params::ParamsMap;

/// The query as the URL holds it; a field that is not there is empty.
pub fn from_url(params: &ParamsMap) -> OperationsQuery {
    let field = |name: &str| params.get(name).unwrap_or_default();
    OperationsQuery {
        q: field("q"),
        state: field("state"),
        operation: field("operation"),
        tenant: field("tenant"),
        initiator: field("initiator"),
        since: field("since"),
        sort: field("sort"),
        parent: field("parent"),
        after: field("after"),
    }
}

/// The list's address with this query; empty fields stay out of it.
pub fn href(query: &OperationsQuery) -> String {
    let pairs: Vec<String> = fields(query)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", link::encode(value)))
        .collect();
    if pairs.is_empty() {
        link::OPERATIONS.to_owned()
    } else {
        format!("{}?{}", link::OPERATIONS, pairs.join("&"))
    }
}

/// The address of the first page of this query changed by `change`.
pub fn href_with(query: &OperationsQuery, change: impl FnOnce(&mut OperationsQuery)) -> String {
    let mut query = query.clone();
    query.after.clear();
    change(&mut query);
    href(&query)
}

/// Whether anything narrows the list.
pub fn is_filtered(query: &OperationsQuery) -> bool {
    let whoever = query.initiator.is_empty() || query.initiator == "any";
    let wherever = matches!(query.tenant.as_str(), "" | "all");
    let narrow = [
        &query.q,
        &query.state,
        &query.operation,
        &query.since,
        &query.parent,
    ];
    !whoever || !wherever || narrow.into_iter().any(|value| !value.is_empty())
}

fn fields(query: &OperationsQuery) -> [(&'static str, &str); 9] {
    [
        ("q", &query.q),
        ("state", &query.state),
        ("operation", &query.operation),
        ("tenant", &query.tenant),
        ("initiator", &query.initiator),
        ("since", &query.since),
        ("sort", &query.sort),
        ("parent", &query.parent),
        ("after", &query.after),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> OperationsQuery {
        OperationsQuery {
            q: "Contoso & Söhne".to_owned(),
            state: "blocked".to_owned(),
            after: "10_abc".to_owned(),
            ..OperationsQuery::default()
        }
    }

    #[test]
    fn v06_a_link_holds_the_whole_state_of_the_list() {
        assert_eq!(href(&OperationsQuery::default()), "/admin/operations");
        assert_eq!(
            href(&full()),
            "/admin/operations?q=Contoso%20%26%20S%C3%B6hne&state=blocked&after=10_abc"
        );
    }

    #[test]
    fn a_changed_filter_starts_at_the_first_page() {
        let changed = href_with(&full(), |query| query.state = "failed".to_owned());
        assert!(changed.ends_with("&state=failed"), "{changed}");
    }

    #[test]
    fn anybody_is_no_filter() {
        let mut query = OperationsQuery {
            initiator: "any".to_owned(),
            sort: "oldest".to_owned(),
            ..OperationsQuery::default()
        };
        assert!(!is_filtered(&query));
        query.initiator = "mine".to_owned();
        assert!(is_filtered(&query));
    }
}
