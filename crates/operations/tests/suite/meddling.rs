//! A real client whose first change meets something: a crash on either side of it, or a lost answer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use graph::{
    CallContext, Connection, Contract, GraphClient, GraphError, GraphFuture, GraphWriter,
    HttpGraphClient, Organization, Page, PageCursor, UnreachableKind, Update, WriteError,
    WriteFuture,
};
use policy::Step;
use serde_json::{Map, Value};

use crate::world::patience;

/// What the first change meets; it is told the id of the object.
pub enum Meddle {
    /// It is not sent, and the caller is told that nobody knows.
    Unsent,
    /// It is made; then this happens, and the caller is told that nobody knows.
    Lost(Box<dyn Fn(&str) + Send + Sync>),
    /// The worker stops for ever before it is sent.
    StopsBefore,
    /// The worker stops for ever after the provider confirmed it.
    StopsAfter,
}

/// The client.
pub struct Meddling {
    inner: HttpGraphClient,
    meddle: Mutex<Option<Meddle>>,
    stopped: Arc<AtomicU64>,
}

impl Meddling {
    pub fn once(meddle: Meddle) -> Self {
        Self {
            inner: HttpGraphClient::new(patience()).unwrap(),
            meddle: Mutex::new(Some(meddle)),
            stopped: Arc::default(),
        }
    }

    /// How many workers have stopped for ever in it.
    pub fn stopped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.stopped)
    }

    async fn stop(&self) {
        self.stopped.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

const NOBODY_KNOWS: WriteError = WriteError::Unknown(GraphError::Unreachable {
    kind: UnreachableKind::Interrupted,
});

impl GraphClient for Meddling {
    fn organization<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Organization> {
        self.inner.organization(connection, context)
    }

    fn granted_roles<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Vec<String>> {
        self.inner.granted_roles(connection, context)
    }

    fn page<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        cursor: Option<PageCursor>,
    ) -> GraphFuture<'a, Page> {
        self.inner.page(connection, context, contract, cursor)
    }

    fn writer(&self) -> Option<&dyn GraphWriter> {
        Some(self)
    }
}

impl GraphWriter for Meddling {
    fn object<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        id: &'a str,
    ) -> GraphFuture<'a, Map<String, Value>> {
        self.inner.object(connection, context, contract, id)
    }

    fn update<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        update: Update<'a>,
    ) -> WriteFuture<'a> {
        let meddle = self.meddle.lock().unwrap().take();
        Box::pin(async move {
            match &meddle {
                Some(Meddle::Unsent) => return Err(NOBODY_KNOWS),
                Some(Meddle::StopsBefore) => self.stop().await,
                _ => {}
            }
            let written = self.inner.update(step, connection, context, update).await;
            match &meddle {
                Some(Meddle::Lost(meanwhile)) => {
                    meanwhile(update.id);
                    Err(NOBODY_KNOWS)
                }
                Some(Meddle::StopsAfter) => {
                    written.unwrap();
                    self.stop().await;
                    Err(NOBODY_KNOWS)
                }
                _ => written,
            }
        })
    }
}
