//! The query of a request, decoded and taken apart.

use super::search::Search;
use super::{Expand, Filter, Next, ODataProblem, SkipToken};
use crate::encoding::{pairs, percent_encode};

/// The options of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Vec<String>,
    pub(crate) filter: Option<Filter>,
    pub(crate) expand: Vec<Expand>,
    pub(crate) order: Vec<Order>,
    pub(crate) search: Option<Search>,
    pub(crate) top: Option<usize>,
    pub(crate) skip: usize,
    pub(crate) skip_token: Option<SkipToken>,
    pub(crate) count: bool,
    /// All options but the position, for the link to the next page.
    carried: Vec<(String, String)>,
}

/// Options that are known without their sign too.
const BARE: &[&str] = &[
    "count",
    "expand",
    "filter",
    "orderby",
    "search",
    "select",
    "skip",
    "skiptoken",
    "top",
];

/// One field of `$orderby`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) field: String,
    pub(crate) direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Query {
    /// The longest query that is read.
    const MAX_LENGTH: usize = 16_384;

    /// Reads a raw query: `%24filter` as well as `$filter`, `+` as a space, and
    /// the second question mark that some clients send.
    pub(crate) fn parse(raw: &str) -> Result<Self, ODataProblem> {
        if raw.len() > Self::MAX_LENGTH {
            return Err(ODataProblem::Malformed("The query is too long.".to_owned()));
        }
        let mut query = Self::default();
        let broken = || ODataProblem::Malformed("The query is malformed.".to_owned());
        for (name, value) in pairs(raw.trim_start_matches('?')).ok_or_else(broken)? {
            // The last is how the sandbox itself tells a page that is given twice.
            let bare = name.strip_prefix('$').unwrap_or(&name);
            let is_position = ["skiptoken", "skip", "sandbox-again"]
                .iter()
                .any(|own| bare.eq_ignore_ascii_case(own));
            query.take(&name, &value)?;
            if !is_position {
                query.carried.push((name, value));
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), ODataProblem> {
        let lower = name.to_ascii_lowercase();
        let option = match lower.as_str() {
            // The sign before a name may be left out.
            bare if BARE.contains(&bare) => format!("${bare}"),
            _ => lower,
        };
        match option.as_str() {
            "$select" => self.select = names(value),
            "$filter" => self.filter = Some(Filter::parse(value)?),
            "$expand" => self.expand = Expand::list(value)?,
            "$orderby" => self.order = value.split(',').map(order).collect::<Result<_, _>>()?,
            "$search" => self.search = Some(Search::parse(value)?),
            "$top" => self.top = Some(top(value)?),
            "$skip" => self.skip = skip(value)?,
            "$format" | "$deltatoken" => {}
            "$count" => self.count = value.eq_ignore_ascii_case("true"),
            "$skiptoken" => self.skip_token = Some(SkipToken::read(value)?),
            other if other.starts_with('$') => {
                let message = format!("Query option '{name}' is not supported.");
                return Err(ODataProblem::Unsupported(message));
            }
            _ => {}
        }
        Ok(())
    }

    /// The same without `$expand`, in the links too when nothing carries it.
    pub(crate) fn expanded_already(&self) -> Self {
        Self {
            expand: Vec::new(),
            ..self.clone()
        }
    }

    /// The query of the next page: the same, from another position.
    pub(crate) fn next(&self, next: &Next) -> String {
        let position = match next {
            Next::Token(token) => ("$skiptoken".to_owned(), token.write()),
            Next::Skip(skip) => ("$skip".to_owned(), skip.to_string()),
        };
        self.carried
            .iter()
            // Only the first page says the count.
            .filter(|(name, _)| !name.trim_start_matches('$').eq_ignore_ascii_case("count"))
            .chain([&position])
            .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
            .collect::<Vec<_>>()
            .join("&")
    }
}

fn names(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn top(value: &str) -> Result<usize, ODataProblem> {
    value
        .trim()
        .parse::<u32>()
        .ok()
        .filter(|top| *top > 0)
        .and_then(|top| usize::try_from(top).ok())
        .ok_or_else(|| ODataProblem::Malformed(format!("Invalid value '{value}' for $top.")))
}

fn skip(value: &str) -> Result<usize, ODataProblem> {
    let skip = value.trim().parse::<u32>().ok();
    skip.and_then(|skip| usize::try_from(skip).ok())
        .ok_or_else(|| ODataProblem::Malformed(format!("Invalid value '{value}' for $skip.")))
}

fn order(value: &str) -> Result<Order, ODataProblem> {
    let mut words = value.split_whitespace();
    let field = words.next().unwrap_or("").to_owned();
    let direction = match words.next() {
        None | Some("asc") => Direction::Up,
        Some("desc") => Direction::Down,
        Some(_) => return Err(ODataProblem::Malformed("Invalid $orderby.".to_owned())),
    };
    if field.is_empty() || words.next().is_some() {
        return Err(ODataProblem::Malformed("Invalid $orderby.".to_owned()));
    }
    Ok(Order { field, direction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_clients_send_them() {
        let query = Query::parse("?%24filter=displayName+eq+'a%20b'&$select=id,+x&$TOP=5&custom=1")
            .unwrap();
        assert_eq!(query.select, ["id", "x"]);
        let bare = Query::parse("select=id&top=3&Filter=a+eq+1").unwrap();
        assert!(bare.select == ["id"] && bare.top == Some(3) && bare.filter.is_some());
        assert_eq!(query.top, Some(5));
        assert_eq!(
            query.filter,
            Some(Filter::parse("displayName eq 'a b'").unwrap())
        );
    }

    #[test]
    fn the_next_page_keeps_everything_but_position_and_count() {
        let query = Query::parse("$filter=a+eq+'x%26y'&$count=true&$top=2").unwrap();
        let next = query.next(&Next::Token(SkipToken::After("k".to_owned())));
        let again = Query::parse(&next).unwrap();
        assert_eq!(again.filter, query.filter);
        assert_eq!((again.top, again.count), (Some(2), false));
        assert_eq!(again.skip_token, Some(SkipToken::After("k".to_owned())));
    }

    #[test]
    fn bad_options_are_refused() {
        for raw in [
            "$top=0",
            "$top=-1",
            "$top=x",
            "$top=99999999999",
            "$filter=%",
            "$search=x",
            "$apply=x",
            "$skip=-1",
            "$skiptoken=zzz",
            "$orderby=a,",
            "$orderby=",
            "$expand=a(",
            "%ff=1",
        ] {
            assert!(Query::parse(raw).is_err(), "{raw}");
        }
        assert!(Query::parse(&"a".repeat(20_000)).is_err());
    }
}
