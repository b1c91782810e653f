//! `$batch`: up to twenty requests in one.

use std::collections::HashMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::prefer::Prefer;
use super::request::{Approval, Consistency, GraphCall};
use super::{finish, graph, scripted};
use crate::encoding::hex;
use crate::errors::{Family, Problem, Trace};
use crate::faults::{AfterCommit, Effect, Place};
use crate::journal::JournalEntry;
use crate::reply::{Reply, ReplyBody};
use crate::{Sandbox, clock};

/// Requests in one batch at most.
const MAX_PARTS: usize = 20;

pub(super) fn is_batch(path: &str) -> bool {
    matches!(path.trim_matches('/'), "$batch" | "%24batch")
}

/// Answers every part on its own. Faults that break connections mean the batch
/// and not its parts; all others hit parts one by one.
pub(super) async fn answer(
    sandbox: &Sandbox,
    call: &GraphCall,
    body: &[u8],
    seq: u64,
    whole: &Effect,
) -> Reply {
    if call.method != Method::POST {
        return Problem::MethodNotAllowed.reply(Family::Directory, &call.trace);
    }
    let parts = match read(body) {
        Ok(parts) => parts,
        Err(message) => {
            let problem = Problem::BadRequest(message);
            return problem.reply(Family::Directory, &call.trace);
        }
    };
    let mut statuses: HashMap<&str, StatusCode> = HashMap::new();
    let mut responses = Vec::with_capacity(parts.len());
    for part in in_turn(&parts) {
        let failed = |id: &String| {
            statuses
                .get(id.as_str())
                .is_none_or(|status| !status.is_success())
        };
        let reply = if part.depends_on.iter().any(failed) {
            crate::errors::error(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "A request that this one depends on has failed.",
                &call.trace,
            )
        } else {
            // A fault that took the batch as a whole is not taken again.
            one(sandbox, call, part, seq, whole.answer.is_none()).await
        };
        statuses.insert(&part.id, reply.status);
        responses.push(written(part, &reply));
    }
    // Nobody may rely on an order; the last comes first, so that nobody does.
    responses.reverse();
    let text = format!("{{\"responses\":[{}]}}", responses.join(","));
    Reply::new(StatusCode::OK, ReplyBody::Written(text))
}

/// The parts so that each comes after those it depends on.
fn in_turn(parts: &[Part]) -> Vec<&Part> {
    let mut turn: Vec<&Part> = Vec::with_capacity(parts.len());
    while turn.len() < parts.len() {
        let before = turn.len();
        for part in parts {
            let is_done = |id: &String| turn.iter().any(|done| done.id == *id);
            if !is_done(&part.id) && part.depends_on.iter().all(is_done) {
                turn.push(part);
            }
        }
        if turn.len() == before {
            break;
        }
    }
    turn
}

/// One request of a batch.
#[derive(Debug)]
pub(crate) struct Part {
    id: String,
    method: Method,
    /// Below the version, with a leading slash.
    path: String,
    query: String,
    consistency: Consistency,
    client_request_id: Option<String>,
    approval: Approval,
    prefer: Prefer,
    body: Bytes,
    depends_on: Vec<String>,
}

/// Reads and checks a batch.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Part>, String> {
    let body: Value =
        serde_json::from_slice(body).map_err(|_| "The batch is not valid JSON.".to_owned())?;
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .filter(|requests| !requests.is_empty())
        .ok_or("The batch must contain a non-empty array 'requests'.")?;
    if requests.len() > MAX_PARTS {
        return Err(format!("A batch holds at most {MAX_PARTS} requests."));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(requests.len());
    for request in requests {
        let part = part(request)?;
        if parts.iter().any(|other| other.id == part.id) {
            return Err(format!("The request id '{}' occurs twice.", part.id));
        }
        parts.push(part);
    }
    let known = |id: &String| parts.iter().any(|other| other.id == *id);
    let lost = parts.iter().find(|part| !part.depends_on.iter().all(known));
    if let Some(part) = lost {
        return Err(format!(
            "Request '{}' depends on one that is not there.",
            part.id
        ));
    }
    if in_turn(&parts).len() < parts.len() {
        return Err("The requests depend on each other in a circle.".to_owned());
    }
    Ok(parts)
}

fn part(request: &Value) -> Result<Part, String> {
    let id = id(request.get("id")).ok_or("Every request of a batch needs an 'id'.")?;
    let method = request
        .get("method")
        .and_then(Value::as_str)
        .and_then(|method| Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok())
        .ok_or_else(|| format!("Request '{id}' needs a 'method'."))?;
    let url = request
        .get("url")
        .and_then(Value::as_str)
        .filter(|url| !url.split('?').next().unwrap_or_default().contains("://"))
        .ok_or_else(|| format!("Request '{id}' needs a relative 'url'."))?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let empty = Map::new();
    let headers = request
        .get("headers")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let header = |name: &str| {
        headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))?
            .1
            .as_str()
    };
    // What only reads may carry an empty body, as some clients write one into every part.
    let is_nothing = |body: &&Value| {
        let is_empty = body.as_object().is_some_and(Map::is_empty);
        body.is_null() || (is_empty && [Method::GET, Method::HEAD].contains(&method))
    };
    let sent = request.get("body").filter(|body| !is_nothing(body));
    if sent.is_some() && header("content-type").is_none() {
        return Err(format!(
            "Write request with id '{id}' does not contain a Content-Type header."
        ));
    }
    let depends_on = match request.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => ids
            .iter()
            .filter_map(|other| self::id(Some(other)))
            .collect(),
        Some(_) => return Err(format!("'dependsOn' of request '{id}' must be an array.")),
    };
    let body = sent.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    Ok(Part {
        body,
        approval: Approval {
            justification: header("x-msft-approval-justification").map(str::to_owned),
            code: header("x-msft-approval-code").map(str::to_owned),
        },
        prefer: Prefer::of(header("prefer")),
        method,
        path: format!("/{}", path.trim_start_matches('/')),
        query: query.to_owned(),
        consistency: Consistency::of(header("consistencylevel")),
        client_request_id: header("client-request-id").map(|id| id.chars().take(128).collect()),
        depends_on,
        id,
    })
}

/// Tools send numbers as well as strings.
fn id(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() && text.len() <= 128 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

async fn one(
    sandbox: &Sandbox,
    outer: &GraphCall,
    part: &Part,
    seq: u64,
    asks_faults: bool,
) -> Reply {
    let request_id = Uuid::new_v4().to_string();
    let inherited = outer.trace.client_request_id.clone();
    let trace = Trace {
        client_request_id: part.client_request_id.clone().unwrap_or(inherited),
        request_id,
        seconds: outer.trace.seconds,
    };
    let call = GraphCall {
        method: part.method.clone(),
        path: part.path.clone(),
        query: part.query.clone(),
        consistency: part.consistency,
        approval: part.approval.clone(),
        prefer: part.prefer.clone(),
        body: part.body.clone(),
        trace,
        ..outer.clone()
    };
    let path = format!("/{}{}", call.version.name(), call.path);
    let own = sandbox.journal().arrived(JournalEntry {
        seq: 0,
        time: clock::iso_millis(sandbox.clock().micros()),
        tenant_id: Some(call.tenant.id.to_string()),
        app_id: Some(call.app_id.to_string()),
        method: call.method.to_string(),
        path: path.clone(),
        query: Some(call.query.clone()).filter(|query| !query.is_empty()),
        status: None,
        request_id: call.trace.request_id.clone(),
        client_request_id: Some(call.trace.client_request_id.clone()),
        body_hash: (!call.body.is_empty()).then(|| hex(&Sha256::digest(&call.body))),
        write: None,
        in_batch: Some(seq),
    });
    let call = GraphCall { seq: own, ..call };
    let place = Place {
        tenant_id: Some(&call.tenant.id),
        path: &path,
        short: &call.path,
    };
    let effect = if asks_faults {
        sandbox
            .faults()
            .strike_part(&place, graph::verb(&call.method, &call.path))
    } else {
        Effect::default()
    };
    if effect.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(effect.delay_ms)).await;
    }
    let mut reply = match &effect.answer {
        Some(answer) => {
            let status =
                StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            scripted::scripted(status, answer.retry_after.as_deref(), &call.trace)
        }
        None if is_batch(&part.path) => {
            let message = "A batch cannot contain a batch.".to_owned();
            Problem::BadRequest(message).reply(Family::Directory, &call.trace)
        }
        None => graph::answer(sandbox, &call),
    };
    if let Some(AfterCommit::Status(status)) = effect.after_commit {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        reply = scripted::scripted(status, None, &call.trace);
    }
    let query = if call.query.is_empty() {
        String::new()
    } else {
        format!("?{}", call.query)
    };
    finish::bend_links(
        &mut reply,
        &effect,
        &format!("{}{path}{query}", call.origin),
    );
    sandbox.journal().answered(own, reply.status.as_u16());
    reply
}

fn written(part: &Part, reply: &Reply) -> String {
    let mut headers: Map<String, Value> = reply
        .headers
        .iter()
        .filter_map(|(name, value)| Some((canonical(name.as_str()), json!(value.to_str().ok()?))))
        .collect();
    if let Some(content_type) = content_type(reply) {
        headers.insert("Content-Type".to_owned(), json!(content_type));
    }
    let mut out = format!(
        "{{\"id\":{},\"status\":{},\"headers\":{},\"body\":",
        Value::from(part.id.as_str()),
        reply.status.as_u16(),
        Value::Object(headers),
    );
    reply.body.write_json(&mut out);
    out.push('}');
    out
}

fn content_type(reply: &Reply) -> Option<&'static str> {
    match reply.body {
        ReplyBody::Empty => None,
        ReplyBody::Text(_) => Some("text/plain"),
        ReplyBody::Json(_) | ReplyBody::Written(_) | ReplyBody::List(_) => Some("application/json"),
    }
}

/// `Retry-After`, as batches write their headers.
fn canonical(name: &str) -> String {
    if name == "retry-after" {
        "Retry-After".to_owned()
    } else {
        name.to_owned()
    }
}
