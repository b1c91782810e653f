//! A collection on its way out: the rules of its pages, and the links between them.

use serde_json::{Map, Value};

use super::request::{Consistency, GraphCall};
use crate::catalogue::{Navigation, Paging, Top, Version};
use crate::errors::{Family, Problem};
use crate::odata::{self, Admits, Filter, Maker, Query, Segment, Shape, context_suffix};
use crate::reply::{Item, List, Reply};
use crate::state::Entities;
use crate::types::Type;

/// What is listed, and how.
pub(super) struct Listing<'a> {
    pub(super) name: &'a str,
    pub(super) family: Family,
    pub(super) paging: Paging,
    pub(super) navigation: &'static [Navigation],
    /// Properties that this version does not have.
    pub(super) hidden: &'static [&'static str],
    /// The type of its objects, where that is known.
    pub(super) declared: Option<&'static Type>,
    pub(super) admits: Admits<'a>,
    pub(super) made: Maker<'a>,
}

impl Listing<'_> {
    pub(super) fn answer(
        &self,
        call: &GraphCall,
        entities: &Entities,
        query: &Query,
        rest: &[&Segment],
    ) -> Result<Reply, Problem> {
        let counts_only = match rest {
            [] => false,
            [step] if step.name == "$count" => true,
            [step, ..] => return Err(Problem::UnknownSegment(step.name.clone())),
        };
        self.check(call, query, counts_only)?;
        if counts_only {
            let count = odata::count(entities, query, self.admits);
            return Ok(Reply::text(count.to_string()));
        }
        let mut paging = self.paging;
        if let Some(size) = call.prefer.page_size {
            paging.default = size.min(paging.max);
        }
        let page = odata::page(entities, query, paging, self.admits);
        let shape = Shape {
            version: call.version,
            navigation: self.navigation,
            detail: &[],
            hidden: self.hidden,
            declared: self.declared,
            select: &query.select,
            expand: &query.expand,
            made: self.made,
        };
        let suffix = context_suffix(&query.select, &query.expand);
        let items: Vec<Item> = page.items.iter().map(|entity| shape.item(entity)).collect();
        Ok(Reply::list(List {
            context: Some(context(call, &format!("{}{suffix}", self.name))),
            // Who does not ask the index gets no count, and everything else.
            count: page.count.filter(|_| self.counts(call)),
            next: page.next.map(|next| {
                let version = call.version.name();
                let query = query.next(&next);
                format!("{}/{version}{}?{query}", call.origin, call.path)
            }),
            delta: None,
            items,
        }))
    }

    /// Whether `$count=true` is heard: the directory passes over it without its header.
    fn counts(&self, call: &GraphCall) -> bool {
        self.family != Family::Directory || call.consistency == Consistency::Eventual
    }

    fn check(&self, call: &GraphCall, query: &Query, counts_only: bool) -> Result<(), Problem> {
        let max = self.paging.max;
        let too_large = query
            .top
            .filter(|top| self.paging.top == Top::Refused && *top > max);
        if let Some(top) = too_large {
            let message = format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {max} inclusive."
            );
            return Err(Problem::BadRequest(message));
        }
        if self.family != Family::Directory {
            return Ok(());
        }
        if query.skip > 0 {
            return Err(Problem::BadRequest(
                "'$skip' is not supported by the service.".to_owned(),
            ));
        }
        match call.consistency {
            Consistency::Eventual => Ok(()),
            Consistency::Strong => plain(query, counts_only),
        }
    }
}

/// Refuses what the directory answers from its index alone, to whoever does not ask the index.
fn plain(query: &Query, counts_only: bool) -> Result<(), Problem> {
    if counts_only {
        return Err(Problem::BadRequest(
            "$count is not currently supported.".to_owned(),
        ));
    }
    let filter = query.filter.as_ref();
    let message = if query.search.is_some() {
        "Request with $search query parameter only works through MSGraph with a special request header: \
         'ConsistencyLevel: eventual'"
    } else if filter.is_some() && !query.order.is_empty() {
        "Sorting not supported for current query."
    } else if filter.is_some_and(Filter::is_advanced) {
        "Unsupported Query. It needs the header ConsistencyLevel: eventual, and $count=true."
    } else {
        return Ok(());
    };
    Err(Problem::UnsupportedQuery(message.to_owned()))
}

/// `@odata.context`.
pub(super) fn context(call: &GraphCall, what: &str) -> String {
    format!("{}/{}/$metadata#{what}", call.origin, call.version.name())
}

/// Which properties a version does not have.
pub(super) fn hidden(
    version: Version,
    beta_only: &'static [&'static str],
) -> &'static [&'static str] {
    match version {
        Version::V1 => beta_only,
        Version::Beta => &[],
    }
}

/// Whether an entity is of one type, of a type this version knows, and of the type a path names.
pub(super) fn is_of(
    fields: &Map<String, Value>,
    only: Option<&str>,
    cast: Option<&str>,
    unknown: &[&str],
) -> bool {
    let own = fields
        .get("@odata.type")
        .and_then(Value::as_str)
        .unwrap_or("");
    only.is_none_or(|only| own == only)
        && cast.is_none_or(|cast| own.trim_start_matches('#').eq_ignore_ascii_case(cast))
        && !unknown.contains(&own)
}
