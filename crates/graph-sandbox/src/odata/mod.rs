//! OData as Graph's clients send it.

mod expand;
mod filter;
mod page;
mod path;
mod project;
mod query;
mod search;

pub(crate) use expand::Expand;
pub(crate) use filter::{Filter, Literal, counted};
pub(crate) use page::{Admits, Next, SkipToken, count, page};
pub(crate) use path::{Key, Segment, segments};
pub(crate) use project::{Maker, Shape, context_suffix, is_selected, part};
pub(crate) use query::Query;

use serde_json::{Map, Value};

/// A property under its name in any case, as Graph reads the names in an address.
fn property<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| {
        let mut all = fields.iter();
        let found = all.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    })
}

/// A query or a path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ODataProblem {
    /// It is malformed.
    Malformed(String),
    /// It is well-formed, and the sandbox does not answer it.
    Unsupported(String),
}
