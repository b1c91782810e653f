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
            count: page.count,
            next: page.next.map(|next| {
                let version = call.version.name();
                let query = query.next(&next);
                format!("{}/{version}{}?{query}", call.origin, call.path)
            }),
            delta: None,
            items,
        }))
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
        let filter = query.filter.as_ref();
        let advanced = counts_only
            || query.count
            || query.search.is_some()
            || filter.is_some_and(Filter::is_advanced)
            || (filter.is_some() && !query.order.is_empty());
        if advanced && call.consistency == Consistency::Strong {
            return Err(Problem::UnsupportedQuery(
                "The query needs the header ConsistencyLevel: eventual.".to_owned(),
            ));
        }
        Ok(())
    }
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
