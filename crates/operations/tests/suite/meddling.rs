//! A real client whose first change meets something: a crash on either side of it, or a lost answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use graph::{
    Answered, ApprovalCode, ApprovalRequest, ApprovalStatus, Ask, CallContext, Connection,
    Contract, Delta, DeltaFrom, Effect, GraphClient, GraphError, GraphFuture, GraphWriter,
    HttpGraphClient, Organization, Page, PageCursor, UnreachableKind, Write, WriteError,
    WriteFuture,
};
use graph_sandbox::{Fault, FaultKind, Sandbox};
use policy::Step;
use serde_json::{Map, Value};

use crate::world::patience;

/// What the first change meets; it is told the id of the object, where there is one.
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

impl Meddle {
    /// The first change is made, its answer is lost, and what could tell of it fails once; the path is that of the
    /// object's id.
    pub fn unreadable(
        sandbox: Sandbox,
        path: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::Lost(Box::new(move |id| {
            let mut fault = Fault::everywhere(FaultKind::Status {
                status: 500,
                retry_after: None,
            });
            fault.route = Some(path(id));
            fault.count = Some(1);
            sandbox.faults().add(fault).unwrap();
        }))
    }
}

/// The client.
pub struct Meddling {
    inner: HttpGraphClient,
    /// How the tenant answers requests for approval, where it wants to be asked.
    approval: Option<ApprovalStatus>,
    meddle: Mutex<Option<Meddle>>,
    stopped: Arc<AtomicU64>,
}

impl Meddling {
    pub fn once(meddle: Meddle) -> Self {
        Self {
            inner: HttpGraphClient::new(patience()).unwrap(),
            approval: None,
            meddle: Mutex::new(Some(meddle)),
            stopped: Arc::default(),
        }
    }

    /// Every change has to be approved, and this is what becomes of each request.
    pub fn approving(status: ApprovalStatus) -> Self {
        Self {
            inner: HttpGraphClient::new(patience()).unwrap(),
            approval: Some(status),
            meddle: Mutex::new(None),
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

fn code_of(justification: &str) -> ApprovalCode {
    let item = justification.rsplit(' ').next().unwrap();
    ApprovalCode::parse(&format!("code-{item}")).unwrap()
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

    fn batch<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        asks: &'a [Ask<'a>],
    ) -> GraphFuture<'a, Vec<Result<Answered, GraphError>>> {
        self.inner.batch(connection, context, asks)
    }

    fn delta<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        from: DeltaFrom,
    ) -> GraphFuture<'a, Delta> {
        self.inner.delta(connection, context, contract, from)
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

    fn write<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        write: Write<'a>,
    ) -> WriteFuture<'a> {
        let meddle = self.meddle.lock().unwrap().take();
        Box::pin(async move {
            if self.approval.is_some() && write.approved.is_none() {
                // Every second one is known by its words alone.
                let nth = self.stopped.fetch_add(1, Ordering::SeqCst);
                let code = nth.is_multiple_of(2).then(|| code_of(write.justification));
                return Err(WriteError::AwaitsApproval { code });
            }
            match &meddle {
                Some(Meddle::Unsent) => return Err(NOBODY_KNOWS),
                Some(Meddle::StopsBefore) => self.stop().await,
                _ => {}
            }
            let written = self.inner.write(step, connection, context, write).await;
            match &meddle {
                Some(Meddle::Lost(meanwhile)) => {
                    meanwhile(match write.effect {
                        Effect::Update { id, .. }
                        | Effect::Assign { id, .. }
                        | Effect::Unassign { id, .. } => id,
                        Effect::Create { .. } => "",
                    });
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

    fn approval_requests<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        leave: Duration,
    ) -> GraphFuture<'a, Vec<ApprovalRequest>> {
        let Some(status) = self.approval else {
            return self.inner.approval_requests(connection, context, leave);
        };
        let run = &context.client_request_id;
        let request = move |item: u32| {
            let justification = format!("TenantAtlas run {run}, item {item:05}");
            ApprovalRequest {
                code: code_of(&justification),
                status,
                justification,
            }
        };
        let requests = (0..4).map(request).collect();
        Box::pin(std::future::ready(Ok(requests)))
    }
}
