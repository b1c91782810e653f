//! OData as Graph's clients send it.

mod expand;
mod filter;
mod page;
mod path;
mod project;
mod query;
mod search;

pub(crate) use expand::Expand;
pub(crate) use filter::{Filter, Literal};
pub(crate) use page::{Admits, Next, SkipToken, count, page};
pub(crate) use path::{Key, Segment, segments};
pub(crate) use project::{Maker, Shape, context_suffix, is_selected, part};
pub(crate) use query::Query;

/// A query or a path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ODataProblem {
    /// It is malformed.
    Malformed(String),
    /// It is well-formed, and the sandbox does not answer it.
    Unsupported(String),
}
