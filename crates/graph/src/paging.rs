//! From one page to the next, without leaving the collection.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::address::{guarded, link_url, object_url};
use crate::connection::Connection;
use crate::contracts::{Contract, PageSize, Paging};
use crate::error::{GraphError, LinkFault};

/// Where the next page of one collection of one tenant is.
#[derive(Clone)]
pub struct PageCursor {
    url: Url,
    contract: &'static str,
    tenant_id: String,
    paging: Paging,
    pages_read: u32,
    /// Hashes of all links of this walk, so that a loop ends.
    seen: HashSet<u64>,
}

/// A collection as it comes over the wire.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) value: Vec<Map<String, Value>>,
    #[serde(rename = "@odata.nextLink")]
    pub(crate) next_link: Option<String>,
    #[serde(default, rename = "@odata.deltaLink")]
    pub(crate) delta_link: Option<String>,
}

impl PageCursor {
    /// How many pages have been read to get here.
    pub fn pages_read(&self) -> u32 {
        self.pages_read
    }

    /// The cursor of the first page.
    pub(crate) fn first(
        connection: &Connection,
        contract: &'static Contract,
    ) -> Result<Self, GraphError> {
        let path = contract.first_page(connection.client_id());
        let paging = contract.paging.known().unwrap_or(Paging::Single);
        Self::at(connection, contract, path, paging)
    }

    /// The cursor of the first page of what changed.
    pub(crate) fn first_delta(
        connection: &Connection,
        contract: &'static Contract,
    ) -> Result<Self, GraphError> {
        let path = contract.first_delta(connection.client_id());
        Self::at(connection, contract, path, Paging::NextLink)
    }

    /// The cursor of the first page of a collection of an object's own.
    ///
    /// The object's `@odata.type` is needed where it decides the address.
    ///
    /// # Errors
    /// When the type has no such collection or no address is known for it, or the id cannot be a step of a path.
    pub fn part(
        connection: &Connection,
        contract: &'static Contract,
        (id, odata_type): (&str, Option<&str>),
        part: &str,
    ) -> Result<Self, GraphError> {
        let part = contract.part(part).ok_or(GraphError::Misconfigured {
            what: "objects of this type have no such collection",
        })?;
        if contract.object_path(odata_type).is_none() {
            let what = "no address is known for an object of this type";
            return Err(GraphError::Misconfigured { what });
        }
        let mut url = object_url(connection, contract, odata_type, id)?;
        if let Ok(mut steps) = url.path_segments_mut() {
            steps.push(part.name);
        }
        if let Some(PageSize::Top(top)) = part.page_size.known() {
            url.set_query(Some(&format!("$top={top}")));
        }
        Ok(Self::to(connection, contract, url, Paging::NextLink))
    }

    /// The cursor of a link that was kept from an earlier walk.
    pub(crate) fn since(
        connection: &Connection,
        contract: &'static Contract,
        link: &str,
    ) -> Result<Self, GraphError> {
        let url = link_url(link, connection, contract).map_err(|why| refused(why, None))?;
        Ok(Self::to(connection, contract, url, Paging::NextLink))
    }

    fn at(
        connection: &Connection,
        contract: &'static Contract,
        path: Option<String>,
        paging: Paging,
    ) -> Result<Self, GraphError> {
        let url = path
            .and_then(|path| connection.graph_url().ok()?.join(&path).ok())
            .ok_or(GraphError::Misconfigured {
                what: "no address is known for this type",
            })?;
        Ok(Self::to(connection, contract, url, paging))
    }

    fn to(connection: &Connection, contract: &'static Contract, url: Url, paging: Paging) -> Self {
        Self {
            seen: HashSet::from([fingerprint(&url)]),
            url,
            contract: contract.key,
            tenant_id: connection.tenant_id().to_owned(),
            paging,
            pages_read: 0,
        }
    }

    /// The address to read, once it is sure that it is this connection's and contract's.
    ///
    /// Asked again at each use: a cursor may have been made for another connection.
    pub(crate) fn url_for(
        &self,
        connection: &Connection,
        contract: &'static Contract,
    ) -> Result<Url, GraphError> {
        if self.contract != contract.key || self.tenant_id != connection.tenant_id() {
            return Err(refused(LinkFault::OtherCollection, None));
        }
        guarded(&self.url, connection, contract).map_err(|why| refused(why, None))?;
        Ok(self.url.clone())
    }

    /// The cursor of the page after this one, if the reply links to one.
    pub(crate) fn advance(
        mut self,
        envelope: &Envelope,
        connection: &Connection,
        contract: &'static Contract,
        request_id: Option<&str>,
    ) -> Result<Option<Self>, GraphError> {
        let Some(link) = envelope.next_link.as_deref() else {
            return Ok(None);
        };
        if self.paging == Paging::Single {
            let what = "a second page where one holds all";
            let request_id = request_id.map(str::to_owned);
            return Err(GraphError::InvalidResponse { what, request_id });
        }
        let url = link_url(link, connection, contract).map_err(|why| refused(why, request_id))?;
        if !self.seen.insert(fingerprint(&url)) {
            return Err(refused(LinkFault::Loop, request_id));
        }
        self.url = url;
        self.pages_read = self.pages_read.saturating_add(1);
        Ok(Some(self))
    }
}

impl fmt::Debug for PageCursor {
    /// Leaves the address out: its query holds the provider's token for the page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageCursor")
            .field("contract", &self.contract)
            .field("pages_read", &self.pages_read)
            .finish_non_exhaustive()
    }
}

pub(crate) fn refused(why: LinkFault, request_id: Option<&str>) -> GraphError {
    GraphError::RefusedNextLink {
        why,
        request_id: request_id.map(str::to_owned),
    }
}

fn fingerprint(url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    url.as_str().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::LONGEST_LINK;
    use crate::connection::Endpoints;
    use crate::contracts::contract;
    use secrecy::SecretString;

    fn connection(tenant: &str, cloud: Endpoints) -> Connection {
        let secret = SecretString::from("s");
        Connection::new(
            tenant,
            "00000000-0000-0000-0000-0000000000aa",
            secret,
            cloud,
        )
        .unwrap()
    }

    fn global() -> Connection {
        connection("00000000-0000-0000-0000-000000000001", Endpoints::global())
    }

    fn follow(link: &str) -> Result<Option<PageCursor>, GraphError> {
        let groups = contract("groups").unwrap();
        let envelope = Envelope {
            value: Vec::new(),
            next_link: Some(link.to_owned()),
            delta_link: None,
        };
        PageCursor::first(&global(), groups)?.advance(&envelope, &global(), groups, None)
    }

    fn fault(link: &str) -> LinkFault {
        match follow(link) {
            Err(GraphError::RefusedNextLink { why, .. }) => why,
            other => panic!("{link}: {other:?}"),
        }
    }

    #[test]
    fn p01_next_links_stay_with_scheme_host_port_and_version() {
        let link = "https://graph.microsoft.com/v1.0/groups?$skiptoken=RFNw+a%2Fb";
        let cursor = follow(link).unwrap().unwrap();
        assert_eq!(cursor.url.as_str(), link, "followed as it came");
        assert!(follow("https://graph.microsoft.com:443/v1.0/groups?a").is_ok());
        for (link, why) in [
            ("https://evil.example/v1.0/groups", LinkFault::ForeignOrigin),
            (
                "http://graph.microsoft.com/v1.0/groups",
                LinkFault::ForeignOrigin,
            ),
            (
                "https://graph.microsoft.com:8443/v1.0/groups",
                LinkFault::ForeignOrigin,
            ),
            (
                "https://graph.microsoft.com.evil.example/v1.0/groups",
                LinkFault::ForeignOrigin,
            ),
            (
                "https://graph.microsoft.com@evil.example/v1.0/groups",
                LinkFault::ForeignOrigin,
            ),
            (
                "https://a:b@graph.microsoft.com/v1.0/groups",
                LinkFault::Malformed,
            ),
            (
                "https://graph.microsoft.com/v1.0/groups#x",
                LinkFault::Malformed,
            ),
            (
                "https://graph.microsoft.com/beta/groups",
                LinkFault::OtherVersion,
            ),
            (
                "https://graph.microsoft.com/v1.0/../beta/groups",
                LinkFault::OtherVersion,
            ),
            (
                "https://graph.microsoft.com/v1.0/%2e%2e/beta/groups",
                LinkFault::OtherVersion,
            ),
            (
                "https://graph.microsoft.com/v1.0evil/groups",
                LinkFault::OtherVersion,
            ),
            ("/v1.0/groups?a", LinkFault::Malformed),
            ("", LinkFault::Malformed),
        ] {
            assert_eq!(fault(link), why, "{link}");
        }
        let long = format!(
            "https://graph.microsoft.com/v1.0/groups?{}",
            "a".repeat(LONGEST_LINK)
        );
        assert_eq!(fault(&long), LinkFault::Malformed);
    }

    #[test]
    fn p01_a_link_to_the_first_page_is_a_loop() {
        let first = format!(
            "https://graph.microsoft.com{}",
            contract("groups")
                .unwrap()
                .first_page(global().client_id())
                .unwrap()
        );
        assert_eq!(fault(&first), LinkFault::Loop);
    }

    #[test]
    fn p01_a_cursor_serves_its_own_connection_and_collection_only() {
        let groups = contract("groups").unwrap();
        let cursor = PageCursor::first(&global(), groups).unwrap();
        let refused = |connection: &Connection, contract| match cursor.url_for(connection, contract)
        {
            Err(GraphError::RefusedNextLink { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        let other_tenant = connection("00000000-0000-0000-0000-000000000002", Endpoints::global());
        assert_eq!(refused(&other_tenant, groups), LinkFault::OtherCollection);
        let other_type = contract("organization").unwrap();
        assert_eq!(refused(&global(), other_type), LinkFault::OtherCollection);
        let elsewhere = Endpoints::custom("https://a.example", "https://b.example").unwrap();
        let moved = connection(global().tenant_id(), elsewhere);
        assert_eq!(refused(&moved, groups), LinkFault::ForeignOrigin);
    }

    #[test]
    fn r09_a_cursor_does_not_show_its_address() {
        let cursor = follow("https://graph.microsoft.com/v1.0/groups?$skiptoken=canary");
        assert!(!format!("{cursor:?}").contains("canary"));
    }
}
