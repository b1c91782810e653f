//! The client that calls nobody.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::batch::{Answered, Ask};
use crate::client::{CallContext, GraphClient, GraphFuture, Organization, Page};
use crate::connection::Connection;
use crate::contracts::Contract;
use crate::delta::{Delta, DeltaFrom};
use crate::error::GraphError;
use crate::paging::PageCursor;

/// Refuses every call and counts it, so that a test can prove that none was made.
#[derive(Debug, Default)]
pub struct NullGraphClient {
    calls: AtomicU64,
}

impl NullGraphClient {
    /// A client that was not asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls were made, all of them refused.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn refuse<'a, T: Send + 'a>(&'a self) -> GraphFuture<'a, T> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(Err(GraphError::NoProvider)))
    }
}

impl GraphClient for NullGraphClient {
    fn organization<'a>(
        &'a self,
        _connection: &'a Connection,
        _context: &'a CallContext,
    ) -> GraphFuture<'a, Organization> {
        self.refuse()
    }

    fn granted_roles<'a>(
        &'a self,
        _connection: &'a Connection,
        _context: &'a CallContext,
    ) -> GraphFuture<'a, Vec<String>> {
        self.refuse()
    }

    fn page<'a>(
        &'a self,
        _connection: &'a Connection,
        _context: &'a CallContext,
        _contract: &'static Contract,
        _cursor: Option<PageCursor>,
    ) -> GraphFuture<'a, Page> {
        self.refuse()
    }

    fn batch<'a>(
        &'a self,
        _connection: &'a Connection,
        _context: &'a CallContext,
        _asks: &'a [Ask<'a>],
    ) -> GraphFuture<'a, Vec<Result<Answered, GraphError>>> {
        self.refuse()
    }

    fn delta<'a>(
        &'a self,
        _connection: &'a Connection,
        _context: &'a CallContext,
        _contract: &'static Contract,
        _from: DeltaFrom,
    ) -> GraphFuture<'a, Delta> {
        self.refuse()
    }
}
