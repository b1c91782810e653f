//! One page of a collection, and the position of the next.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::query::{Direction, Order};
use super::{ODataProblem, Query};
use crate::encoding::{base64_decode, base64url};

/// How many entities a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSize {
    pub(crate) default: usize,
    pub(crate) max: usize,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SkipToken {
    /// After this key: entities that come or go elsewhere neither repeat nor
    /// hide others.
    After(String),
    /// After so many entities, in a sorted list.
    Offset(usize),
}

impl SkipToken {
    pub(crate) fn read(text: &str) -> Result<Self, ODataProblem> {
        let bad = || ODataProblem::Malformed("The skip token is invalid.".to_owned());
        let bytes = base64_decode(text).ok_or_else(bad)?;
        let plain = String::from_utf8(bytes).map_err(|_| bad())?;
        match plain.split_once(':') {
            Some(("k", key)) => Ok(Self::After(key.to_owned())),
            Some(("o", offset)) => offset.parse().map(Self::Offset).map_err(|_| bad()),
            _ => Err(bad()),
        }
    }

    pub(crate) fn write(&self) -> String {
        let plain = match self {
            Self::After(key) => format!("k:{key}"),
            Self::Offset(offset) => format!("o:{offset}"),
        };
        base64url(plain.as_bytes())
    }
}

/// The entities of a page, and where the next one begins.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) items: Vec<Arc<Value>>,
    pub(crate) next: Option<SkipToken>,
    /// Of all pages; counted only when the query asks for it.
    pub(crate) count: Option<usize>,
}

/// The page of `collection` that `query` asks for.
pub(crate) fn page(
    collection: &BTreeMap<String, Arc<Value>>,
    query: &Query,
    size: PageSize,
) -> Page {
    let limit = query.top.unwrap_or(size.default).min(size.max).max(1);
    let wanted = |entity: &Value| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(entity))
    };
    let count = query
        .count
        .then(|| collection.values().filter(|entity| wanted(entity)).count());
    let (items, next) = match &query.order {
        None => by_key(collection, query, limit, wanted),
        Some(order) => sorted(collection, query, order, limit, wanted),
    };
    Page { items, next, count }
}

type Slice = (Vec<Arc<Value>>, Option<SkipToken>);

fn by_key(
    collection: &BTreeMap<String, Arc<Value>>,
    query: &Query,
    limit: usize,
    wanted: impl Fn(&Value) -> bool,
) -> Slice {
    let from = match &query.skip_token {
        Some(SkipToken::After(key)) => Bound::Excluded(key.as_str()),
        _ => Bound::Unbounded,
    };
    let mut rest = collection
        .range::<str, _>((from, Bound::Unbounded))
        .filter(|(_, entity)| wanted(entity));
    let mut items = Vec::new();
    let mut last = None;
    for (key, entity) in rest.by_ref().take(limit) {
        items.push(Arc::clone(entity));
        last = Some(key);
    }
    let more = rest.next().is_some();
    let next = last
        .filter(|_| more)
        .map(|key| SkipToken::After(key.clone()));
    (items, next)
}

fn sorted(
    collection: &BTreeMap<String, Arc<Value>>,
    query: &Query,
    order: &Order,
    limit: usize,
    wanted: impl Fn(&Value) -> bool,
) -> Slice {
    let offset = match query.skip_token {
        Some(SkipToken::Offset(offset)) => offset,
        _ => 0,
    };
    let mut all: Vec<_> = collection
        .values()
        .filter(|entity| wanted(entity))
        .collect();
    let key = |entity: &Value| match entity.get(&order.field) {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Number(number)) => format!("{:020.4}", number.as_f64().unwrap_or(0.0)),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    all.sort_by_cached_key(|entity| key(entity));
    if order.direction == Direction::Down {
        all.reverse();
    }
    let items: Vec<_> = all
        .iter()
        .skip(offset)
        .take(limit)
        .map(|one| Arc::clone(one))
        .collect();
    let end = offset.saturating_add(items.len());
    let next = (end < all.len()).then_some(SkipToken::Offset(end));
    (items, next)
}
