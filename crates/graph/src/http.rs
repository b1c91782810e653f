//! The client that talks HTTP.

mod refusal;
mod settings;
mod transport;
mod write;

use std::sync::Arc;

use reqwest::Url;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use crate::client::{CallContext, GraphClient, GraphFuture, Organization, Page};
use crate::connection::Connection;
use crate::contracts::{Contract, contract};
use crate::error::{CredentialFault, GraphError, SizeLimit};
use crate::paging::{Envelope, PageCursor};
use crate::retry::{Patience, Verdict};
use crate::token::{self, AccessToken, TokenCache, Wanted};
use crate::write::GraphWriter;

pub use settings::ClientSettings;
pub(crate) use transport::{Reply, Transport};

/// Talks to Microsoft Graph, or to a stand-in for it, over HTTP.
pub struct HttpGraphClient {
    settings: ClientSettings,
    transport: Transport,
    tokens: TokenCache,
}

impl HttpGraphClient {
    /// Sets up the one HTTP client for all connections.
    pub fn new(settings: ClientSettings) -> Result<Self, GraphError> {
        let transport = Transport::new(&settings)?;
        Ok(Self {
            settings,
            transport,
            tokens: TokenCache::default(),
        })
    }

    /// Reads one address: a token, the call, its retries, and one new token after a 401.
    async fn get(
        &self,
        connection: &Connection,
        context: &CallContext,
        contract: &'static Contract,
        url: Url,
    ) -> Result<Reply, GraphError> {
        let mut patience = Patience::start(&self.settings, Instant::now());
        let mut token = self
            .token(connection, context, Wanted::Any, &mut patience)
            .await?;
        let mut renewed = false;
        loop {
            let bearer = token.bearer.expose_secret();
            let reply = self.transport.get(url.clone(), bearer, context).await?;
            match patience.judge(&reply, Instant::now()) {
                Verdict::Final if reply.status == 200 => return Ok(reply),
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
                Verdict::Final => {
                    let secrets = [bearer, connection.secret().expose_secret()];
                    return Err(refusal::classify(&reply, contract, &secrets));
                }
                Verdict::AskAgain(wait) => tokio::time::sleep(wait).await,
                Verdict::GiveUp(error) => return Err(error),
            }
        }
    }

    async fn token(
        &self,
        connection: &Connection,
        context: &CallContext,
        wanted: Wanted<'_>,
        patience: &mut Patience,
    ) -> Result<Arc<AccessToken>, GraphError> {
        self.tokens
            .token(&self.transport, connection, context, wanted, patience)
            .await
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
        if cursor.pages_read() >= self.settings.max_pages {
            let limit = SizeLimit::Pages(self.settings.max_pages);
            return Err(GraphError::TooLarge {
                limit,
                request_id: None,
            });
        }
        let url = cursor.url_for(connection, contract)?;
        let reply = self.get(connection, context, contract, url).await?;
        let envelope: Envelope =
            serde_json::from_slice(&reply.body).map_err(|_| GraphError::InvalidResponse {
                what: "it is not a collection",
                request_id: reply.request_id.clone(),
            })?;
        let next = cursor.advance(&envelope, connection, contract, reply.request_id.as_deref())?;
        Ok(Page {
            items: envelope.value,
            next,
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

    fn writer(&self) -> Option<&dyn GraphWriter> {
        Some(self)
    }
}
