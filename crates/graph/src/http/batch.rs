//! Several reads in one request, each with a fate of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{HttpGraphClient, Reading, Reply, refusal};
use crate::address::object_url;
use crate::batch::{Answered, Ask, LARGEST_BATCH, Response, responses};
use crate::budget::Cost;
use crate::client::{CallContext, Page};
use crate::connection::Connection;
use crate::contracts::{ApiVersion, Service};
use crate::error::{CredentialFault, GraphError};
use crate::paging::{Envelope, PageCursor};
use crate::redact::SafeText;
use crate::retry::{Patience, Verdict, stated_wait};

/// A read on its way.
struct Pending<'a> {
    /// Its place among the asks.
    at: usize,
    ask: Ask<'a>,
    /// Where a collection goes on from; none for an object.
    cursor: Option<PageCursor>,
    /// Path and query below the version.
    address: String,
    patience: Patience,
    /// When it may be sent.
    due: Instant,
}

impl HttpGraphClient {
    pub(super) async fn read_batch(
        &self,
        connection: &Connection,
        context: &CallContext,
        asks: &[Ask<'_>],
    ) -> Result<Vec<Result<Answered, GraphError>>, GraphError> {
        let mut answers: Vec<Option<Result<Answered, GraphError>>> = Vec::new();
        answers.resize_with(asks.len(), || None);
        let mut waiting: BTreeMap<&'static str, Vec<Pending<'_>>> = BTreeMap::new();
        let mut put = |at: usize, answer| {
            if let Some(place) = answers.get_mut(at) {
                *place = Some(answer);
            }
        };
        for (at, ask) in asks.iter().enumerate() {
            match self.pending(connection, at, *ask) {
                Ok(pending) => waiting.entry(version(ask)).or_default().push(pending),
                Err(error) => put(at, Err(error)),
            }
        }
        let mut has_answers = false;
        for (version, mut pending) in waiting {
            while !pending.is_empty() {
                let now = Instant::now();
                pending.sort_by_key(|part| (part.due, part.at));
                let due = pending.iter().take_while(|part| part.due <= now).count();
                if due == 0 {
                    if let Some(first) = pending.first() {
                        tokio::time::sleep_until(first.due).await;
                    }
                    continue;
                }
                let rest = pending.split_off(due.min(LARGEST_BATCH));
                let sent: Vec<usize> = pending.iter().map(|part| part.at).collect();
                let fates = match self.send_batch(connection, context, version, pending).await {
                    Ok(fates) => fates,
                    Err(error) if !has_answers => return Err(error),
                    // What was answered before is not lost with those that are not.
                    Err(error) => sent
                        .into_iter()
                        .map(|at| Fate::Answered(at, Err(error.clone())))
                        .collect(),
                };
                has_answers = true;
                pending = rest;
                for fate in fates {
                    match fate {
                        Fate::Answered(at, answer) => put(at, answer),
                        Fate::Again(part) => pending.push(part),
                    }
                }
            }
        }
        let missing = || Err(invalid("an answer is missing", None));
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(missing))
            .collect())
    }

    fn pending<'a>(
        &self,
        connection: &Connection,
        at: usize,
        ask: Ask<'a>,
    ) -> Result<Pending<'a>, GraphError> {
        let contract = ask.contract();
        let (cursor, url) = match ask {
            Ask::FirstPage(_) => {
                let cursor = PageCursor::first(connection, contract)?;
                let url = cursor.url_for(connection, contract)?;
                (Some(cursor), url)
            }
            Ask::Part {
                id,
                odata_type,
                part,
                ..
            } => {
                let cursor = PageCursor::part(connection, contract, (id, odata_type), part)?;
                let url = cursor.url_for(connection, contract)?;
                (Some(cursor), url)
            }
            Ask::Object { id, .. } => (None, object_url(connection, contract, None, id)?),
        };
        let now = Instant::now();
        Ok(Pending {
            at,
            ask,
            cursor,
            address: below_version(&url),
            patience: Patience::start(&self.settings, now),
            due: now,
        })
    }

    /// Sends up to twenty and says what became of each.
    async fn send_batch<'a>(
        &self,
        connection: &Connection,
        context: &CallContext,
        version: &'static str,
        parts: Vec<Pending<'a>>,
    ) -> Result<Vec<Fate<'a>>, GraphError> {
        let requests: Vec<Value> = parts
            .iter()
            .map(|part| json!({"id": part.at.to_string(), "method": "GET", "url": part.address}))
            .collect();
        let requests = serde_json::to_vec(&json!({ "requests": requests })).map_err(|_| {
            GraphError::Misconfigured {
                what: "the requests of a batch",
            }
        })?;
        let url = connection
            .graph_url()?
            .join(&format!("/{version}/$batch"))
            .map_err(|_| GraphError::Misconfigured {
                what: "the address of a batch",
            })?;
        let charges = charges(&parts);
        let service = charges
            .first()
            .map_or(Service::Directory, |(first, _)| *first);
        let reading = Reading {
            what: "$batch",
            url,
            body: Some(requests),
            service,
            charges,
            needed: None,
            // Sent again or held up as a whole, its parts have no more time than they began with.
            until: parts.iter().map(|part| part.patience.deadline()).min(),
        };
        let reply = self.read(connection, context, &reading).await?;
        let Reply {
            body,
            request_id,
            date,
            ..
        } = reply;
        let mut responses: BTreeMap<String, Response> = responses(&body)
            .ok_or_else(|| invalid("it is not the reply to a batch", request_id.clone()))?
            .into_iter()
            // Of two answers to one question the last is as good as the first.
            .map(|response| (response.id.clone(), response))
            .collect();
        let mut fates = Vec::with_capacity(parts.len());
        for part in parts {
            let fate = match responses.remove(&part.at.to_string()) {
                Some(response) => {
                    let whole = (request_id.clone(), date.as_deref());
                    self.fate(connection, part, response, whole)
                }
                None => {
                    let missing = invalid("an answer is missing", request_id.clone());
                    Fate::Answered(part.at, Err(missing))
                }
            };
            fates.push(fate);
        }
        Ok(fates)
    }

    fn fate<'a>(
        &self,
        connection: &Connection,
        mut part: Pending<'a>,
        response: Response,
        (batch_id, sent_at): (Option<String>, Option<&str>),
    ) -> Fate<'a> {
        let own_id = response
            .request_id
            .as_deref()
            .and_then(SafeText::identifier);
        let request_id = own_id.map(SafeText::into_string).or(batch_id);
        let date = response.date.as_deref().or(sent_at);
        let mut reply = Reply {
            status: response.status,
            request_id: request_id.clone(),
            retry_after: stated_wait(response.retry_after.as_deref(), date),
            ..Reply::default()
        };
        let now = Instant::now();
        let verdict = part.patience.judge(&reply, now);
        if let (429, Some(wait)) = (reply.status, wait_of(&verdict)) {
            self.budgets
                .pause(connection, part.ask.contract().service, wait, now);
        }
        let answer = match verdict {
            Verdict::AskAgain(wait) => {
                part.due = now + wait;
                return Fate::Again(part);
            }
            Verdict::GiveUp(error) => Err(error),
            Verdict::Final if reply.status == 200 => {
                read_part(connection, &part, response.body, request_id)
            }
            Verdict::Final if reply.status == 401 => Err(GraphError::AuthenticationFailed {
                kind: CredentialFault::Other,
                aadsts: None,
                request_id,
            }),
            Verdict::Final => {
                reply.body = response.body.to_string().into_bytes();
                let needed = part.ask.contract().read.known();
                Err(refusal::classify(&reply, needed, &[connection.secret()]))
            }
        };
        Fate::Answered(part.at, answer)
    }
}

/// What became of one of a batch.
enum Fate<'a> {
    Answered(usize, Result<Answered, GraphError>),
    Again(Pending<'a>),
}

/// Only what is of one version can share a batch.
fn version(ask: &Ask<'_>) -> &'static str {
    let version = ask.contract().version.known();
    version.map_or("", ApiVersion::segment)
}

/// What the parts cost of each service's limits: in a batch or not, each counts.
fn charges(parts: &[Pending<'_>]) -> Vec<(Service, Cost)> {
    let mut charges: Vec<(Service, usize)> = Vec::new();
    for part in parts {
        let service = part.ask.contract().service;
        match charges.iter_mut().find(|(known, _)| *known == service) {
            Some((_, count)) => *count += 1,
            None => charges.push((service, 1)),
        }
    }
    let charges = charges.into_iter();
    charges
        .map(|(service, count)| (service, Cost::object().times(count)))
        .collect()
}

const fn wait_of(verdict: &Verdict) -> Option<Duration> {
    match verdict {
        Verdict::AskAgain(wait)
        | Verdict::GiveUp(GraphError::Throttled {
            retry_after: wait, ..
        }) => Some(*wait),
        _ => None,
    }
}

fn read_part(
    connection: &Connection,
    part: &Pending<'_>,
    body: Value,
    request_id: Option<String>,
) -> Result<Answered, GraphError> {
    let Some(cursor) = part.cursor.clone() else {
        return match body {
            Value::Object(object) => Ok(Answered::Object(object)),
            _ => Err(invalid("it is not an object", request_id)),
        };
    };
    let envelope: Envelope = serde_json::from_value(body)
        .map_err(|_| invalid("it is not a collection", request_id.clone()))?;
    let contract = part.ask.contract();
    let next = cursor.advance(&envelope, connection, contract, request_id.as_deref())?;
    Ok(Answered::Page(Page {
        items: envelope.value,
        next,
    }))
}

fn invalid(what: &'static str, request_id: Option<String>) -> GraphError {
    GraphError::InvalidResponse { what, request_id }
}

/// Path and query without the version, which is the batch's own.
fn below_version(url: &Url) -> String {
    let path = url.path();
    let rest = path.get(1..).and_then(|path| path.split_once('/'));
    let path = rest.map_or(path, |(_, rest)| rest);
    match url.query() {
        Some(query) => format!("/{path}?{query}"),
        None => format!("/{path}"),
    }
}
