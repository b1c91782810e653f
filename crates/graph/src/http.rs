//! The client that talks HTTP.

mod approvals;
mod batch;
mod delta;
pub(crate) mod refusal;
mod settings;
mod transport;
mod write;

use std::sync::Arc;

use reqwest::{Method, Url};
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use crate::batch::{Answered, Ask};
use crate::budget::{Budgets, Cost};
use crate::client::{CallContext, GraphClient, GraphFuture, Organization, Page};
use crate::connection::Connection;
use crate::contracts::{Contract, Permissions, Service, contract};
use crate::delta::{Delta, DeltaFrom};
use crate::error::{CredentialFault, GraphError, SizeLimit};
use crate::paging::{Envelope, PageCursor};
use crate::retry::{Patience, Verdict};
use crate::token::{self, AccessToken, TokenCache, Wanted};
use crate::write::GraphWriter;

pub use settings::{ClientSettings, Limits};
pub(crate) use transport::{Confidence, Outgoing, Reply, Transport};

/// Talks to Microsoft Graph, or to a stand-in for it, over HTTP.
pub struct HttpGraphClient {
    settings: ClientSettings,
    transport: Transport,
    tokens: TokenCache,
    budgets: Budgets,
}

/// A request that changes nothing, so that it may be repeated.
struct Reading {
    /// What it is about, for the log.
    what: &'static str,
    url: Url,
    /// Of a `POST` that only reads; else it is a `GET`.
    body: Option<Vec<u8>>,
    /// Who is told to wait.
    service: Service,
    /// What it costs of whose limits.
    charges: Vec<(Service, Cost)>,
    /// What it needs, where the refusal does not say.
    needed: Option<Permissions>,
    /// When the call that it is made for has no patience left, where that is another one's.
    until: Option<Instant>,
}

impl Reading {
    fn of(contract: &Contract, url: Url, cost: Cost) -> Self {
        Self {
            what: contract.key,
            url,
            body: None,
            service: contract.service,
            charges: vec![(contract.service, cost)],
            needed: contract.read.known(),
            until: None,
        }
    }
}

impl HttpGraphClient {
    /// Sets up the one HTTP client for all connections.
    pub fn new(settings: ClientSettings) -> Result<Self, GraphError> {
        let transport = Transport::new(&settings)?;
        Ok(Self {
            transport,
            tokens: TokenCache::default(),
            budgets: Budgets::new(settings.limits),
            settings,
        })
    }

    /// Reads one address: a token, the call, its retries, and one new token after a 401.
    async fn read(
        &self,
        connection: &Connection,
        context: &CallContext,
        reading: &Reading,
    ) -> Result<Reply, GraphError> {
        let reply = self.ask(connection, context, reading).await?;
        if reply.status == 200 {
            return Ok(reply);
        }
        let secrets = [connection.secret()];
        Err(refusal::classify(&reply, reading.needed, &secrets))
    }

    /// The same, and leaves it to the caller what a refusal means.
    async fn ask(
        &self,
        connection: &Connection,
        context: &CallContext,
        reading: &Reading,
    ) -> Result<Reply, GraphError> {
        let now = Instant::now();
        let mut patience = Patience::start(&self.settings, now);
        if let Some(until) = reading.until {
            patience.end_within(until.saturating_duration_since(now), now);
        }
        let mut token = self
            .token(connection, context, Wanted::Any, &mut patience)
            .await?;
        let mut renewed = false;
        loop {
            self.turn(connection, &reading.charges, &patience).await?;
            let bearer = token.bearer.expose_secret();
            let outgoing = Outgoing {
                method: reading.body.as_ref().map_or(Method::GET, |_| Method::POST),
                url: reading.url.clone(),
                bearer,
                body: reading.body.clone(),
                headers: &[],
                confidence: Confidence {
                    what: reading.what,
                    secrets: &[bearer, connection.secret()],
                },
            };
            let reply = self.transport.exchange(outgoing, context).await?;
            match patience.judge(&reply, Instant::now()) {
                Verdict::Final if reply.status == 401 && !renewed => {
                    let other = Wanted::OtherThan(&token);
                    let next = self
                        .token(connection, context, other, &mut patience)
                        .await?;
                    (token, renewed) = (next, true);
                }
                Verdict::Final if reply.status == 401 => {
                    return Err(GraphError::AuthenticationFailed {
                        kind: CredentialFault::Other,
                        aadsts: None,
                        request_id: reply.request_id,
                    });
                }
                Verdict::Final => return Ok(reply),
                verdict => {
                    self.held_up(connection, reading.service, &reply, verdict)
                        .await?;
                }
            }
        }
    }

    /// Waits until the tenant may be asked, if that is soon enough.
    async fn turn(
        &self,
        connection: &Connection,
        charges: &[(Service, Cost)],
        patience: &Patience,
    ) -> Result<(), GraphError> {
        loop {
            let now = Instant::now();
            let Err(wait) = self.budgets.take(connection, charges, now) else {
                return Ok(());
            };
            if now + wait > patience.deadline() {
                return Err(GraphError::Throttled {
                    retry_after: wait,
                    request_id: None,
                });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits as it was told, or gives up; a throttled tenant's other calls wait too.
    async fn held_up(
        &self,
        connection: &Connection,
        service: Service,
        reply: &Reply,
        verdict: Verdict,
    ) -> Result<(), GraphError> {
        let throttled = reply.status == 429;
        let pause = |wait| {
            if throttled {
                self.budgets
                    .pause(connection, service, wait, Instant::now());
            }
        };
        match verdict {
            Verdict::Final => {}
            Verdict::AskAgain(wait) => {
                pause(wait);
                tokio::time::sleep(wait).await;
            }
            Verdict::GiveUp(error) => {
                if let GraphError::Throttled { retry_after, .. } = error {
                    pause(retry_after);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn token(
        &self,
        connection: &Connection,
        context: &CallContext,
        wanted: Wanted<'_>,
        patience: &mut Patience,
    ) -> Result<Arc<AccessToken>, GraphError> {
        let now = self.settings.now;
        self.tokens
            .token(&self.transport, connection, context, wanted, patience, now)
            .await
    }

    /// Refuses a walk that has gone on for too long.
    fn within_pages(&self, cursor: &PageCursor) -> Result<(), GraphError> {
        if cursor.pages_read() < self.settings.max_pages {
            return Ok(());
        }
        let limit = SizeLimit::Pages(self.settings.max_pages);
        Err(GraphError::TooLarge {
            limit,
            request_id: None,
        })
    }

    async fn read_page(
        &self,
        connection: &Connection,
        context: &CallContext,
        contract: &'static Contract,
        cursor: Option<PageCursor>,
    ) -> Result<Page, GraphError> {
        let cursor = match cursor {
            Some(cursor) => cursor,
            None => PageCursor::first(connection, contract)?,
        };
        self.within_pages(&cursor)?;
        let url = cursor.url_for(connection, contract)?;
        let reading = Reading::of(contract, url, Cost::page(contract));
        let reply = self.read(connection, context, &reading).await?;
        let envelope = Envelope::read(&reply)?;
        let next = cursor.advance(&envelope, connection, contract, reply.request_id.as_deref())?;
        Ok(Page {
            items: envelope.value,
            next,
        })
    }
}

impl Envelope {
    fn read(reply: &Reply) -> Result<Self, GraphError> {
        serde_json::from_slice(&reply.body).map_err(|_| GraphError::InvalidResponse {
            what: "it is not a collection",
            request_id: reply.request_id.clone(),
        })
    }
}

impl GraphClient for HttpGraphClient {
    fn organization<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Organization> {
        Box::pin(async move {
            let contract = contract("organization").ok_or(GraphError::Misconfigured {
                what: "no contract for the organization",
            })?;
            let page = self.read_page(connection, context, contract, None).await?;
            match page.items.as_slice() {
                [organization] => Organization::from_object(organization),
                _ => None,
            }
            .ok_or(GraphError::InvalidResponse {
                what: "it is not one organization with an id",
                request_id: None,
            })
        })
    }

    fn granted_roles<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
    ) -> GraphFuture<'a, Vec<String>> {
        Box::pin(async move {
            let mut patience = Patience::start(&self.settings, Instant::now());
            let token = self
                .token(connection, context, Wanted::New, &mut patience)
                .await?;
            token::roles(&token)
        })
    }

    fn page<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        cursor: Option<PageCursor>,
    ) -> GraphFuture<'a, Page> {
        Box::pin(self.read_page(connection, context, contract, cursor))
    }

    fn batch<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        asks: &'a [Ask<'a>],
    ) -> GraphFuture<'a, Vec<Result<Answered, GraphError>>> {
        Box::pin(self.read_batch(connection, context, asks))
    }

    fn delta<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        from: DeltaFrom,
    ) -> GraphFuture<'a, Delta> {
        Box::pin(self.read_delta(connection, context, contract, from))
    }

    fn writer(&self) -> Option<&dyn GraphWriter> {
        Some(self)
    }
}
