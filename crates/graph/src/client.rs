//! The one interface to Microsoft Graph.

use std::future::Future;
use std::pin::Pin;

use serde_json::{Map, Value};

use crate::batch::{Answered, Ask};
use crate::connection::Connection;
use crate::contracts::Contract;
use crate::delta::{Delta, DeltaFrom};
use crate::error::GraphError;
use crate::paging::PageCursor;
use crate::write::GraphWriter;

/// What every call of a [`GraphClient`] returns.
pub type GraphFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, GraphError>> + Send + 'a>>;

/// Reads from Microsoft Graph for one connection at a time.
pub trait GraphClient: Send + Sync {
    /// Reads the tenant's own organization object.
    ///
    /// Whether its id is the connection's tenant is for the caller to check.
    fn organization<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Organization>;

    /// Tells which application permissions a new token carries, sorted.
    ///
    /// An application without any grant still gets a token; the list is then empty.
    fn granted_roles<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Vec<String>>;

    /// Reads one page of a collection: the first, or the one a cursor points to.
    fn page<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        cursor: Option<PageCursor>,
    ) -> GraphFuture<'a, Page>;

    /// Reads several things in as few requests as there can be, and answers each in its place.
    ///
    /// One that fails keeps no other from being answered; one that is throttled is asked for again.
    fn batch<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        asks: &'a [Ask<'a>],
    ) -> GraphFuture<'a, Vec<Result<Answered, GraphError>>>;

    /// Reads one page of what changed in a collection.
    fn delta<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        from: DeltaFrom,
    ) -> GraphFuture<'a, Delta>;

    /// The same client as one that changes things too; none where nothing may be changed.
    fn writer(&self) -> Option<&dyn GraphWriter> {
        None
    }
}

/// What ties a call to the work it is done for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// Sent as `client-request-id`, so that support can find the call.
    pub client_request_id: String,
}

/// The tenant as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant's id.
    pub id: String,
    /// The name its administrators gave it.
    pub display_name: Option<String>,
    /// For instance `AAD`, or `CIAM`.
    pub tenant_type: Option<String>,
    /// The verified domain that is marked as the default.
    pub default_domain: Option<String>,
}

/// One page of a collection.
#[derive(Debug)]
pub struct Page {
    /// The objects as they came; a page may be empty although more follow.
    pub items: Vec<Map<String, Value>>,
    /// Where the next page is; `None` at the end of the collection.
    pub next: Option<PageCursor>,
}

impl Organization {
    /// Picks the few fields out of the object that Graph sent.
    pub(crate) fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
        let default_domain = object
            .get("verifiedDomains")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|domain| domain.get("isDefault").and_then(Value::as_bool) == Some(true))
            .and_then(|domain| domain.get("name"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        Some(Self {
            id: text("id")?,
            display_name: text("displayName"),
            tenant_type: text("tenantType"),
            default_domain,
        })
    }
}
