//! One page of a collection, and the position of the next.

use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::query::{Direction, Order};
use super::{ODataProblem, Query, property};
use crate::catalogue::{Link, Paging, Top};
use crate::encoding::{base64_decode, base64url};
use crate::state::{Entities, Entity};

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SkipToken {
    /// After this key: entities that come or go elsewhere neither repeat nor
    /// hide others.
    After(String),
    /// After so many entities, in a sorted list.
    Offset(usize),
    /// Within the round of a delta query, which reads it itself.
    Delta,
}

impl SkipToken {
    pub(crate) fn read(text: &str) -> Result<Self, ODataProblem> {
        let bad = || ODataProblem::Malformed("The skip token is invalid.".to_owned());
        let bytes = base64_decode(text).ok_or_else(bad)?;
        let plain = String::from_utf8(bytes).map_err(|_| bad())?;
        match plain.split_once(':') {
            Some(("k", key)) => Ok(Self::After(key.to_owned())),
            Some(("d", _)) => Ok(Self::Delta),
            Some(("o", offset)) => offset.parse().map(Self::Offset).map_err(|_| bad()),
            _ => Err(bad()),
        }
    }

    pub(crate) fn write(&self) -> String {
        let plain = match self {
            Self::After(key) => format!("k:{key}"),
            Self::Offset(offset) => format!("o:{offset}"),
            Self::Delta => "d:".to_owned(),
        };
        base64url(plain.as_bytes())
    }
}

/// How the link to the next page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Token(SkipToken),
    Skip(usize),
}

/// The entities of a page, and where the next one begins.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) items: Vec<Arc<Entity>>,
    pub(crate) next: Option<Next>,
    /// Of all pages; counted only when the query asks for it.
    pub(crate) count: Option<usize>,
}

/// What of a collection is wanted at all, beside the query.
pub(crate) type Admits<'a> = Option<&'a dyn Fn(&Map<String, Value>) -> bool>;

/// Whether an entity is wanted. What asks for nothing reads nothing.
fn is_wanted(entity: &Entity, query: &Query, admits: Admits<'_>) -> bool {
    if query.filter.is_none() && query.search.is_none() && admits.is_none() {
        return true;
    }
    let fields = entity.fields();
    if !admits.is_none_or(|admits| admits(&fields)) {
        return false;
    }
    let entity = Value::Object(fields);
    query
        .search
        .as_ref()
        .is_none_or(|search| search.matches(&entity))
        && query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(&entity))
}

/// How many entities the query wants.
pub(crate) fn count(entities: &Entities, query: &Query, admits: Admits<'_>) -> usize {
    let all = entities.values();
    all.filter(|entity| is_wanted(entity, query, admits))
        .count()
}

/// The page of `entities` that `query` asks for.
pub(crate) fn page(entities: &Entities, query: &Query, paging: Paging, admits: Admits<'_>) -> Page {
    let limit = match (paging.top, query.top) {
        (Top::Ignored, _) | (_, None) => paging.default,
        (_, Some(top)) => top.min(paging.max),
    };
    let count = query.count.then(|| count(entities, query, admits));
    let wanted = |entity: &Entity| is_wanted(entity, query, admits);
    let offset = match query.skip_token {
        Some(SkipToken::Offset(offset)) => offset,
        _ => query.skip,
    };
    let (items, next) = if query.order.is_empty() {
        by_key(entities, query, limit, offset, wanted)
    } else {
        sorted(entities, &query.order, limit, offset, wanted)
    };
    let end = offset.saturating_add(items.len());
    let next = match next {
        // What `$top` cut off is not to be had.
        Some(_) if paging.top == Top::Truncates && query.top.is_some() => None,
        Some(_) if paging.link == Link::Skip => Some(Next::Skip(end)),
        token => token.map(Next::Token),
    };
    Page { items, next, count }
}

type Slice = (Vec<Arc<Entity>>, Option<SkipToken>);

fn by_key(
    entities: &Entities,
    query: &Query,
    limit: usize,
    offset: usize,
    wanted: impl Fn(&Entity) -> bool,
) -> Slice {
    let from = match &query.skip_token {
        Some(SkipToken::After(key)) => Bound::Excluded(key.as_str()),
        _ => Bound::Unbounded,
    };
    let mut rest = entities
        .range::<str, _>((from, Bound::Unbounded))
        .filter(|(_, entity)| wanted(entity))
        .skip(offset);
    let mut items = Vec::new();
    let mut last = None;
    for (key, entity) in rest.by_ref().take(limit) {
        items.push(Arc::clone(entity));
        last = Some(key);
    }
    let more = rest.next().is_some();
    let next = last
        .filter(|_| more)
        .map(|key| SkipToken::After(key.to_string()));
    (items, next)
}

fn sorted(
    entities: &Entities,
    orders: &[Order],
    limit: usize,
    offset: usize,
    wanted: impl Fn(&Entity) -> bool,
) -> Slice {
    let mut all: Vec<_> = entities
        .values()
        .filter(|entity| wanted(entity))
        .map(|entity| {
            let fields = entity.fields();
            let keys: Vec<_> = orders
                .iter()
                .map(|order| key(&fields, &order.field))
                .collect();
            (keys, entity)
        })
        .collect();
    all.sort_by(|(left, _), (right, _)| {
        let pairs = orders.iter().zip(left.iter().zip(right));
        let mut decided = pairs.map(|(order, (left, right))| match order.direction {
            Direction::Up => left.cmp(right),
            Direction::Down => right.cmp(left),
        });
        decided
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let items: Vec<_> = all
        .iter()
        .skip(offset)
        .take(limit)
        .map(|(_, one)| Arc::clone(one))
        .collect();
    let end = offset.saturating_add(items.len());
    let next = (end < all.len()).then_some(SkipToken::Offset(end));
    (items, next)
}

/// Text that sorts as the value does.
fn key(fields: &Map<String, Value>, name: &str) -> String {
    match property(fields, name) {
        Some(Value::String(text)) => text.to_lowercase(),
        Some(Value::Number(number)) => format!("{:020.4}", number.as_f64().unwrap_or(0.0)),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
