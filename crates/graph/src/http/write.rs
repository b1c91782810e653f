//! One change: sent once, and sent again only when it is known not to have been taken.

use std::time::{Duration, Instant as Clock};

use policy::Step;
use reqwest::{Method, Url};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{Confidence, HttpGraphClient, Outgoing, Reading, Reply, refusal};
use crate::address::{collection_url, object_url};
use crate::approval::{self, ApprovalCode, ApprovalRequest, Demand};
use crate::budget::Cost;
use crate::client::{CallContext, GraphFuture};
use crate::connection::Connection;
use crate::contracts::{Assigning, Contract, UpdateVerb, Writing};
use crate::error::{CredentialFault, GraphError, UnreachableKind};
use crate::retry::{Patience, Verdict};
use crate::token::Wanted;
use crate::write::{Effect, GraphWriter, Write, WriteError, WriteFuture, Written};

/// The collection of an object's assignments, where each is made and taken away by itself.
const ONE_BY_ONE: &str = "assignments";

/// A change as it goes over the wire.
struct Sending {
    method: Method,
    url: Url,
    /// None where something only goes.
    body: Option<Vec<u8>>,
}

impl HttpGraphClient {
    async fn read_object(
        &self,
        connection: &Connection,
        context: &CallContext,
        contract: &'static Contract,
        id: &str,
    ) -> Result<Map<String, Value>, GraphError> {
        let url = object_url(connection, contract, None, id)?;
        let reading = Reading::of(contract, url, Cost::object());
        let reply = self.read(connection, context, &reading).await?;
        serde_json::from_slice(&reply.body).map_err(|_| GraphError::InvalidResponse {
            what: "it is not an object",
            request_id: reply.request_id,
        })
    }

    async fn send(
        &self,
        step: Step<'_>,
        connection: &Connection,
        context: &CallContext,
        write: Write<'_>,
    ) -> Result<Written, WriteError> {
        let sending = sending(connection, &write).map_err(WriteError::NotDone)?;
        let service = write.contract.service;
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
        let words = approval::justification_header(write.justification);
        let mut headers = Vec::new();
        if let Some(code) = write.approved {
            headers.push((approval::CODE_HEADER, code.as_str()));
        }
        loop {
            self.turn(connection, &[(service, Cost::write())], &patience)
                .await
                .map_err(WriteError::NotDone)?;
            if is_too_old() {
                return Err(WriteError::NotDone(GraphError::LeaveTooOld));
            }
            let bearer = token.bearer.expose_secret();
            let outgoing = Outgoing {
                method: sending.method.clone(),
                url: sending.url.clone(),
                bearer,
                body: sending.body.clone(),
                headers: &headers,
                confidence: Confidence {
                    what: write.contract.key,
                    secrets: &[bearer, connection.secret()],
                },
            };
            let sent = self.transport.exchange(outgoing, context).await;
            let reply = sent.map_err(ambiguous)?;
            match reply.status {
                200..=299 => return Ok(written(&write, reply)),
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
                    Verdict::Final => return Err(unknown(&reply)),
                    verdict => self
                        .held_up(connection, service, &reply, verdict)
                        .await
                        .map_err(WriteError::NotDone)?,
                },
                400..=499 if reply.status != 408 => {
                    let justified = headers
                        .iter()
                        .any(|(name, _)| *name == approval::JUSTIFICATION_HEADER);
                    match awaits(&reply, justified) {
                        Some(Awaited::Justification) => {
                            headers.push((approval::JUSTIFICATION_HEADER, &words));
                        }
                        Some(Awaited::Approval(code)) => {
                            return Err(WriteError::AwaitsApproval { code });
                        }
                        None => {
                            let writing = write.contract.writing;
                            let needed = writing.and_then(|writing| writing.permissions.known());
                            let secrets = [bearer, connection.secret()];
                            let error = refusal::classify(&reply, needed, &secrets);
                            return Err(WriteError::NotDone(error));
                        }
                    }
                }
                // A gateway may give up on a request that the service behind it goes on with.
                _ => return Err(unknown(&reply)),
            }
        }
    }
}

/// What a refusal waits for.
enum Awaited {
    Justification,
    Approval(Option<ApprovalCode>),
}

fn awaits(reply: &Reply, justified: bool) -> Option<Awaited> {
    if let Some(code) = reply.approval_code.as_deref().and_then(ApprovalCode::parse) {
        return Some(Awaited::Approval(Some(code)));
    }
    match refusal::demand(reply)? {
        Demand::Justification if !justified => Some(Awaited::Justification),
        // Asked for again although it was sent: it is a refusal like any other.
        Demand::Justification => None,
        Demand::Asked => Some(Awaited::Approval(None)),
    }
}

pub(super) fn misconfigured(what: &'static str) -> GraphError {
    GraphError::Misconfigured { what }
}

/// Method, address and body of a change; nothing that the contract does not vouch for.
fn sending(connection: &Connection, write: &Write<'_>) -> Result<Sending, GraphError> {
    let only_read = || misconfigured("objects of this type are not changed");
    let contract = write.contract;
    let writing = contract.writing.ok_or_else(only_read)?;
    let (method, url, body) = match write.effect {
        Effect::Update { id, fields } => {
            let update = writing.update.known().ok_or_else(only_read)?;
            let kept = fields.keys().find(|field| !contract.may_change(field));
            if kept.is_some() {
                return Err(misconfigured("a field that an update may not hold"));
            }
            taken(contract, fields)?;
            let method = match update.verb {
                UpdateVerb::Patch => Method::PATCH,
                UpdateVerb::Put => Method::PUT,
            };
            let odata_type = type_for_path(contract, fields.get("@odata.type"))?;
            let url = object_url(connection, contract, odata_type, id)?;
            (method, url, Some(serde_json::to_vec(fields)))
        }
        Effect::Create { body } => {
            writing.create_reply.known().ok_or_else(only_read)?;
            taken(contract, body)?;
            let odata_type = type_for_path(contract, body.get("@odata.type"))?;
            let path = contract.object_path(odata_type);
            let url = collection_url(connection, contract, path)?;
            (Method::POST, url, Some(serde_json::to_vec(body)))
        }
        Effect::Assign {
            id,
            odata_type,
            assignments,
        } => {
            let odata_type = odata_type.map(Value::from);
            let odata_type = type_for_path(contract, odata_type.as_ref())?;
            let mut url = object_url(connection, contract, odata_type, id)?;
            let (step, body) = assigning(writing, assignments)?;
            if let Ok(mut steps) = url.path_segments_mut() {
                steps.push(step);
            }
            (Method::POST, url, Some(serde_json::to_vec(&body)))
        }
        Effect::Unassign { id, assignment } => {
            let url = assignment_url(connection, contract, id, assignment)?;
            (Method::DELETE, url, None)
        }
    };
    let body = body.transpose();
    let body = body.map_err(|_| misconfigured("the fields to change"))?;
    Ok(Sending { method, url, body })
}

/// Refuses what Graph would refuse: a field in a form that it answers and does not take.
fn taken(contract: &Contract, body: &Map<String, Value>) -> Result<(), GraphError> {
    if contract.is_taken(body) {
        return Ok(());
    }
    Err(misconfigured("a field in a form that is only read"))
}

/// The address of one assignment, where each has one.
fn assignment_url(
    connection: &Connection,
    contract: &'static Contract,
    id: &str,
    assignment: &str,
) -> Result<Url, GraphError> {
    if !contract.assigns_one_by_one() {
        return Err(misconfigured(
            "the assignments of this type are replaced together",
        ));
    }
    if ["", ".", ".."].contains(&assignment) {
        return Err(misconfigured("the id of the assignment"));
    }
    let mut url = object_url(connection, contract, None, id)?;
    if let Ok(mut steps) = url.path_segments_mut() {
        steps.extend([ONE_BY_ONE, assignment]);
    }
    Ok(url)
}

/// The `@odata.type`, where it decides the path.
fn type_for_path<'a>(
    contract: &Contract,
    odata_type: Option<&'a Value>,
) -> Result<Option<&'a str>, GraphError> {
    if !contract.is_addressed_by_type() {
        return Ok(None);
    }
    let named = odata_type.and_then(Value::as_str);
    let known = named.filter(|own_type| contract.object_path(Some(own_type)).is_some());
    known
        .map(Some)
        .ok_or_else(|| misconfigured("no address is known for an object of this type"))
}

/// The last step of the path and the body by which assignments are set.
fn assigning(
    writing: &Writing,
    assignments: &[Value],
) -> Result<(&'static str, Value), GraphError> {
    match writing.assign.known().flatten() {
        Some(Assigning::ReplaceAll { key, .. }) => Ok(("assign", json!({ key: assignments }))),
        Some(Assigning::OneByOne { .. }) => match assignments {
            [one] => Ok((ONE_BY_ONE, one.clone())),
            _ => Err(misconfigured(
                "objects of this type are assigned one by one",
            )),
        },
        Some(Assigning::InObject(_)) | None => {
            Err(misconfigured("objects of this type are not assigned"))
        }
    }
}

fn written(write: &Write<'_>, reply: Reply) -> Written {
    let id = match write.effect {
        Effect::Create { .. } => serde_json::from_slice::<Map<String, Value>>(&reply.body)
            .ok()
            .and_then(|object| object.get("id")?.as_str().map(str::to_owned)),
        _ => None,
    };
    Written {
        request_id: reply.request_id,
        id,
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

    fn write<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        write: Write<'a>,
    ) -> WriteFuture<'a> {
        Box::pin(self.send(step, connection, context, write))
    }

    fn approval_requests<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        leave: Duration,
    ) -> GraphFuture<'a, Vec<ApprovalRequest>> {
        Box::pin(self.read_approvals(connection, context, leave))
    }
}
