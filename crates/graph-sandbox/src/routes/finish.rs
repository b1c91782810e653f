//! The last step of an answer: standard headers, and what faults do to it.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;

use crate::clock;
use crate::errors::Trace;
use crate::faults::{Broken, Effect, Mangle};
use crate::listener::Breaker;
use crate::reply::{Reply, ReplyBody};

/// Another host than the sandbox: no client may send its token there.
const FOREIGN: &str = "https://graph.attacker.example";

/// What tells a page that is given once more from the page itself.
const AGAIN: &str = "sandbox-again=1";

/// How no answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    Hang,
    Reset,
}

impl Silence {
    /// The silence that a fault asks for, if it asks for one.
    pub(super) fn of(mangle: Mangle) -> Option<Self> {
        match mangle {
            Mangle::Hang => Some(Self::Hang),
            Mangle::Reset => Some(Self::Reset),
            _ => None,
        }
    }
}

/// Hangs until the client gives up, or resets the connection.
pub(super) async fn no_answer(silence: Silence, breaker: Option<Breaker>) -> Response {
    if silence == Silence::Hang {
        return std::future::pending().await;
    }
    if let Some(breaker) = breaker {
        breaker.reset();
    }
    Response::new(Broken::cut(Vec::new()))
}

/// Changes the links of a collection where a fault says so.
pub(super) fn bend_links(reply: &mut Reply, effect: &Effect, address: &str) {
    let ReplyBody::List(list) = &mut reply.body else {
        return;
    };
    let link = match effect.mangle {
        Some(Mangle::LoopNextLink) => address.to_owned(),
        Some(Mangle::DuplicateNextLink) if !address.contains(AGAIN) => {
            let joint = if address.contains('?') { '&' } else { '?' };
            format!("{address}{joint}{AGAIN}")
        }
        Some(Mangle::ForeignNextLink) => {
            let after_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
            let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..));
            format!("{FOREIGN}{}", path.unwrap_or("/"))
        }
        _ => return,
    };
    list.next = Some(link);
    list.delta = None;
}

/// The answer as it goes out.
pub(super) fn response(
    mut reply: Reply,
    trace: &Trace,
    effect: &Effect,
    address: &str,
) -> Response {
    bend_links(&mut reply, effect, address);
    let reply = with_standard_headers(reply, trace);
    let (bytes, content_type) = reply.bytes();
    let may_have_body = reply.status != StatusCode::NO_CONTENT;
    let body = match effect.mangle {
        Some(Mangle::HangMidBody) if may_have_body => Broken::hanging(bytes),
        Some(Mangle::CutMidBody) if may_have_body => Broken::cut(bytes),
        Some(Mangle::SlowDrip { delay_ms }) if may_have_body => {
            Broken::dripping(bytes, Duration::from_millis(delay_ms))
        }
        Some(Mangle::Truncate) if may_have_body => {
            let mut bytes = bytes;
            bytes.truncate(bytes.len() / 2);
            Body::from(bytes)
        }
        Some(Mangle::InvalidJson) if may_have_body => Body::from("{\"value\": [,] <html>"),
        _ => Body::from(bytes),
    };
    reply.into_response_with(body, content_type)
}

fn with_standard_headers(reply: Reply, trace: &Trace) -> Reply {
    reply
        .with("request-id", &trace.request_id)
        .with("client-request-id", &trace.client_request_id)
        .with("date", &clock::http_date(trace.seconds))
        .with("cache-control", "no-store")
        .with("odata-version", "4.0")
        .with("strict-transport-security", "max-age=31536000")
        .with(
            "x-ms-ags-diagnostic",
            "{\"ServerInfo\":{\"DataCenter\":\"Sandbox\",\"Slice\":\"E\",\"Ring\":\"1\"}}",
        )
}
