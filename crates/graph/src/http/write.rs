//! One change of one object: sent once, and sent again only when it is known not to have been taken.

use std::time::Instant as Clock;

use policy::Step;
use reqwest::Url;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{HttpGraphClient, Reply, refusal};
use crate::client::{CallContext, GraphFuture};
use crate::connection::Connection;
use crate::contracts::{Contract, UpdateVerb};
use crate::error::{CredentialFault, GraphError, UnreachableKind};
use crate::retry::{Patience, Verdict};
use crate::token::Wanted;
use crate::write::{GraphWriter, Update, WriteError, WriteFuture, Written};

impl HttpGraphClient {
    async fn read_object(
        &self,
        connection: &Connection,
        context: &CallContext,
        contract: &'static Contract,
        id: &str,
    ) -> Result<Map<String, Value>, GraphError> {
        let url = object_url(connection, contract, id)?;
        let reply = self.get(connection, context, contract, url).await?;
        serde_json::from_slice(&reply.body).map_err(|_| GraphError::InvalidResponse {
            what: "it is not an object",
            request_id: reply.request_id,
        })
    }

    async fn write(
        &self,
        step: Step<'_>,
        connection: &Connection,
        context: &CallContext,
        update: Update<'_>,
    ) -> Result<Written, WriteError> {
        let Some(UpdateVerb::Patch) = update.contract.update else {
            return Err(WriteError::NotDone(GraphError::Misconfigured {
                what: "objects of this type are not changed",
            }));
        };
        let url =
            object_url(connection, update.contract, update.id).map_err(WriteError::NotDone)?;
        let is_too_old = || step.time_left(Clock::now()).is_zero();
        if is_too_old() {
            return Err(WriteError::NotDone(GraphError::LeaveTooOld));
        }
        // Whatever has to be waited for on the way: nothing is sent on leave that is too old.
        let mut patience = Patience::start(&self.settings, Instant::now());
        patience.end_within(step.time_left(Clock::now()), Instant::now());
        let mut token = self
            .token(connection, context, Wanted::Any, &mut patience)
            .await
            .map_err(WriteError::NotDone)?;
        let mut renewed = false;
        loop {
            if is_too_old() {
                return Err(WriteError::NotDone(GraphError::LeaveTooOld));
            }
            let bearer = token.bearer.expose_secret();
            let sent = self
                .transport
                .patch(url.clone(), bearer, update.fields, context)
                .await;
            let reply = sent.map_err(ambiguous)?;
            match reply.status {
                200..=299 => {
                    return Ok(Written {
                        request_id: reply.request_id,
                    });
                }
                401 if !renewed => {
                    let other = Wanted::OtherThan(&token);
                    let next = self.token(connection, context, other, &mut patience).await;
                    (token, renewed) = (next.map_err(WriteError::NotDone)?, true);
                }
                401 => {
                    return Err(WriteError::NotDone(GraphError::AuthenticationFailed {
                        kind: CredentialFault::Other,
                        aadsts: None,
                        request_id: reply.request_id,
                    }));
                }
                // Refused before it was looked at.
                429 => match patience.judge(&reply, Instant::now()) {
                    Verdict::AskAgain(wait) => tokio::time::sleep(wait).await,
                    Verdict::GiveUp(error) => return Err(WriteError::NotDone(error)),
                    Verdict::Final => return Err(unknown(&reply)),
                },
                400..=499 if reply.status != 408 => {
                    let secrets = [bearer, connection.secret().expose_secret()];
                    let error = refusal::classify(&reply, update.contract, &secrets);
                    return Err(WriteError::NotDone(error));
                }
                // A gateway may give up on a request that the service behind it goes on with.
                _ => return Err(unknown(&reply)),
            }
        }
    }
}

fn unknown(reply: &Reply) -> WriteError {
    WriteError::Unknown(GraphError::ServerError {
        status: reply.status,
        request_id: reply.request_id.clone(),
    })
}

/// Without a connection nothing was sent; from then on anything may have been.
fn ambiguous(error: GraphError) -> WriteError {
    match error {
        GraphError::Unreachable {
            kind:
                UnreachableKind::Dns
                | UnreachableKind::Connect
                | UnreachableKind::ConnectTimeout
                | UnreachableKind::Tls
                | UnreachableKind::SignInTimeout,
        }
        | GraphError::Misconfigured { .. }
        // A token that is no header; nothing else of a write is read.
        | GraphError::InvalidResponse { .. } => WriteError::NotDone(error),
        _ => WriteError::Unknown(error),
    }
}

/// The address of one object; an id is one step of a path, whatever is in it.
fn object_url(
    connection: &Connection,
    contract: &'static Contract,
    id: &str,
) -> Result<Url, GraphError> {
    let unusable = GraphError::Misconfigured {
        what: "the id of the object",
    };
    if id.is_empty() || id == "." || id == ".." {
        return Err(unusable);
    }
    let mut url = connection.graph_url()?;
    {
        let mut steps = url.path_segments_mut().map_err(|()| unusable)?;
        steps
            .pop_if_empty()
            .push(contract.version.segment())
            .extend(contract.path.split('/'))
            .push(id);
    }
    Ok(url)
}

impl GraphWriter for HttpGraphClient {
    fn object<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        id: &'a str,
    ) -> GraphFuture<'a, Map<String, Value>> {
        Box::pin(self.read_object(connection, context, contract, id))
    }

    fn update<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        update: Update<'a>,
    ) -> WriteFuture<'a> {
        Box::pin(self.write(step, connection, context, update))
    }
}
