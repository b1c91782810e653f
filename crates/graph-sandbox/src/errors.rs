//! Graph's error answers: one shape for the directory, a wrapped one for Intune.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::clock;
use crate::reply::Reply;
use crate::tokens::Refusal;

/// The part of Graph that answers; its errors look different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Directory,
    Intune,
}

/// What an error answer says about the request it answers.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
    pub(crate) seconds: i64,
}

/// Why a Graph request is not answered with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Unauthenticated(Refusal),
    ConsentRevoked,
    MissingRole(&'static [&'static str]),
    NotFound(String),
    UnknownSegment(String),
    BadRequest(String),
    UnsupportedQuery(String),
    MethodNotAllowed,
    TooLarge,
    Throttled { retry_after: u64 },
}

impl Problem {
    pub(crate) fn reply(&self, family: Family, trace: &Trace) -> Reply {
        let (status, code, message) = self.words(family);
        let reply = match family {
            Family::Intune if self.comes_from_the_service() => {
                error(status, code, &wrapped(&message, trace), trace)
            }
            Family::Directory | Family::Intune => error(status, code, &message, trace),
        };
        match self {
            Self::Throttled { retry_after } => reply.with("retry-after", &retry_after.to_string()),
            Self::Unauthenticated(_) => reply.with(
                "www-authenticate",
                "Bearer realm=\"\", authorization_uri=\"/common/oauth2/authorize\", \
                 client_id=\"00000003-0000-0000-c000-000000000000\"",
            ),
            _ => reply,
        }
    }

    /// Intune wraps what it says itself, not what the gateway before it says.
    fn comes_from_the_service(&self) -> bool {
        matches!(
            self,
            Self::MissingRole(_) | Self::NotFound(_) | Self::BadRequest(_)
        )
    }

    fn words(&self, family: Family) -> (StatusCode, &'static str, String) {
        let intune = family == Family::Intune;
        match self {
            Self::Unauthenticated(refusal) => (
                StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                match refusal {
                    Refusal::Missing => "Access token is empty.",
                    Refusal::Malformed => {
                        "IDX14100: JWT is not well formed, there are no dots (.). The token \
                         needs to be in JWS or JWE Compact Serialization Format."
                    }
                    Refusal::Unknown => "Access token validation failure. Invalid signature.",
                    Refusal::Expired => "Lifetime validation failed, the token is expired.",
                }
                .to_owned(),
            ),
            Self::ConsentRevoked => (
                StatusCode::FORBIDDEN,
                "Authorization_IdentityNotFound",
                "The identity of the calling application could not be established.".to_owned(),
            ),
            Self::MissingRole(needed) if intune => (
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!(
                    "Application is not authorized to perform this operation. Application must \
                     have one of the following scopes: {}",
                    needed.join(", ")
                ),
            ),
            Self::MissingRole(_) => (
                StatusCode::FORBIDDEN,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.".to_owned(),
            ),
            Self::NotFound(_) if intune => (
                StatusCode::NOT_FOUND,
                "ResourceNotFound",
                "The requested resource was not found.".to_owned(),
            ),
            Self::NotFound(id) => (
                StatusCode::NOT_FOUND,
                "Request_ResourceNotFound",
                format!(
                    "Resource '{id}' does not exist or one of its queried reference-property \
                     objects are not present."
                ),
            ),
            Self::UnknownSegment(segment) => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("Resource not found for the segment '{segment}'."),
            ),
            Self::BadRequest(message) => (
                StatusCode::BAD_REQUEST,
                if intune {
                    "BadRequest"
                } else {
                    "Request_BadRequest"
                },
                message.clone(),
            ),
            Self::UnsupportedQuery(message) => (
                StatusCode::BAD_REQUEST,
                if intune {
                    "BadRequest"
                } else {
                    "Request_UnsupportedQuery"
                },
                message.clone(),
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "The HTTP method is not allowed on this resource.".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                "The request body is too large.".to_owned(),
            ),
            Self::Throttled { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "Too many requests. Retry after the time in the Retry-After header.".to_owned(),
            ),
        }
    }
}

/// The plain envelope, `innerError` included.
pub(crate) fn error(status: StatusCode, code: &str, message: &str, trace: &Trace) -> Reply {
    let body = json!({"error": {
        "code": code,
        "message": message,
        "innerError": inner(trace),
    }});
    Reply::json(status, body)
}

fn inner(trace: &Trace) -> Value {
    json!({
        "date": clock::iso_seconds(trace.seconds).trim_end_matches('Z'),
        "request-id": trace.request_id,
        "client-request-id": trace.client_request_id,
    })
}

/// Intune's message: a JSON document in a string, with its ids and its proxy
/// address in the text.
fn wrapped(message: &str, trace: &Trace) -> String {
    let text = format!(
        "{message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 \
         - Activity ID: {} - Url: https://proxy.manage.microsoft.example/StatelessProxy",
        trace.client_request_id
    );
    format!(
        "{{\r\n  \"_version\": 3,\r\n  \"Message\": {},\r\n  \"CustomApiErrorPhrase\": \"\",\r\n  \
         \"RetryAfter\": null,\r\n  \"ErrorSourceService\": \"\",\r\n  \
         \"HttpHeaders\": \"{{}}\"\r\n}}",
        Value::String(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::ReplyBody;

    fn body(reply: Reply) -> Value {
        let ReplyBody::Json(value) = reply.body else {
            panic!("no JSON")
        };
        value
    }

    fn trace() -> Trace {
        Trace {
            request_id: "r".to_owned(),
            client_request_id: "c".to_owned(),
            seconds: 0,
        }
    }

    #[test]
    fn intune_wraps_its_message_and_the_directory_does_not() {
        let problem = Problem::MissingRole(&["DeviceManagementConfiguration.Read.All"]);
        let intune = body(problem.reply(Family::Intune, &trace()));
        assert_eq!(intune["error"]["code"], "Forbidden");
        let message = intune["error"]["message"].as_str().unwrap();
        let inner: Value = serde_json::from_str(message).unwrap();
        let text = inner["Message"].as_str().unwrap();
        assert!(text.contains("DeviceManagementConfiguration.Read.All - Operation ID"));
        let directory = body(problem.reply(Family::Directory, &trace()));
        assert_eq!(directory["error"]["code"], "Authorization_RequestDenied");
        assert_eq!(directory["error"]["innerError"]["request-id"], "r");
    }

    #[test]
    fn the_gateway_wraps_nothing() {
        let reply = Problem::Throttled { retry_after: 7 }.reply(Family::Intune, &trace());
        assert_eq!(reply.headers["retry-after"], "7");
        assert!(
            !body(reply)["error"]["message"]
                .as_str()
                .unwrap()
                .contains("_version")
        );
    }
}
