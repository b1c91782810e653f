//! What the sandbox reads before it knows anybody, for corpus replays and fuzzing. Nothing here may panic.

use serde_json::Value;

use crate::catalogue::Version;
use crate::odata::{Filter, Query, segments};
use crate::types::{self, Type};

/// Reads a query, and asks whether a type has what it names, and what it filters whether it matches.
#[must_use]
pub fn query_is_readable(raw: &str) -> bool {
    match Query::parse(raw) {
        Ok(query) => {
            let entity =
                serde_json::json!({"id": "a", "displayName": "b", "version": 3, "list": ["c"]});
            let _: Option<bool> = query.filter.as_ref().map(|filter| filter.matches(&entity));
            let fits = Type::named("group")
                .map(|group| types::check_query(&query, group, Version::V1).is_ok());
            let _: Option<bool> = fits;
            let _: Option<bool> = query.search.as_ref().map(|search| search.matches(&entity));
            true
        }
        Err(_) => false,
    }
}

/// Reads a filter alone.
#[must_use]
pub fn filter_is_readable(text: &str) -> bool {
    let filter = Filter::parse(text);
    if let Ok(filter) = &filter {
        let _: bool = filter.matches(&Value::Null);
    }
    filter.is_ok()
}

/// Reads a path with its keys.
#[must_use]
pub fn path_is_readable(path: &str) -> bool {
    segments(path).is_ok()
}

/// Reads a `$batch`.
#[must_use]
pub fn batch_is_readable(body: &[u8]) -> bool {
    crate::routes::batch_is_readable(body)
}
