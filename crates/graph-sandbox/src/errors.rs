//! Graph's error answers: one shape for the directory, a wrapped one for Intune.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::clock;
use crate::reply::Reply;
use crate::throttle::TooMany;
use crate::tokens::Refusal;

/// The part of Graph that answers; its errors look different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Directory,
    Intune,
    ConditionalAccess,
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
    /// A query that does not fit what the type it is asked of declares.
    InvalidQuery(String),
    /// A body with a property that its type does not have.
    InvalidProperty {
        name: String,
        kind: &'static str,
    },
    /// A body of a type that does not belong there.
    InvalidType(&'static str),
    /// A body with a value of another kind than the property's.
    InvalidValue(String),
    /// What is asked for is a person's, and an application asks.
    NobodySignedIn(&'static str),
    MethodNotAllowed,
    TooLarge,
    /// The body is compressed.
    Encoded,
    /// The body is not said to be JSON.
    NotJson,
    /// The body is said to be JSON, and is none.
    Unreadable,
    Throttled(TooMany),
    /// Forbidden for another reason than a missing permission.
    Forbidden(String),
    /// A change that others have to approve first; with the code of the request, once there is one.
    NeedsApproval {
        message: String,
        code: Option<String>,
    },
    NotLicensed,
    Conflict(String),
    /// A settings catalog policy names something that does not exist.
    InvalidReference(String),
    /// A delta token that is no longer good; with the address to begin again, when all has to be read again.
    SyncStateLost {
        begin_again: Option<String>,
    },
    Full,
    /// The change could not be kept.
    Unsaved,
}

impl Problem {
    pub(crate) fn reply(&self, family: Family, trace: &Trace) -> Reply {
        let (status, code, message) = self.words(family);
        let reply = match family {
            Family::Intune if self.comes_from_the_service() => {
                error(status, code, &wrapped(&message, trace), trace)
            }
            _ => error(status, code, &message, trace),
        };
        match self {
            Self::Throttled(too_many) => {
                let reply = reply
                    .with("x-ms-throttle-scope", too_many.scope)
                    .with("x-ms-throttle-information", too_many.limit);
                match too_many.retry_after {
                    Some(seconds) => reply.with("retry-after", &seconds.to_string()),
                    None => reply,
                }
            }
            Self::NeedsApproval {
                code: Some(code), ..
            } => reply.with("x-msft-approval-code", code),
            Self::SyncStateLost {
                begin_again: Some(address),
            } => reply.with("location", address),
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
            Self::MissingRole(_)
                | Self::NotFound(_)
                | Self::BadRequest(_)
                | Self::Forbidden(_)
                | Self::NeedsApproval { .. }
                | Self::NotLicensed
                | Self::InvalidReference(_)
        )
    }

    fn words(&self, family: Family) -> (StatusCode, &'static str, String) {
        let intune = family == Family::Intune;
        let access = family == Family::ConditionalAccess;
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
            Self::MissingRole(_) if access => (
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "You cannot perform the requested operation, required scopes are missing in the \
                 token."
                    .to_owned(),
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
            Self::NotFound(id) if access => (
                StatusCode::NOT_FOUND,
                "NotFound",
                format!("'{id}' does not exist in the directory."),
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
            Self::NobodySignedIn(message) => {
                (StatusCode::BAD_REQUEST, "BadRequest", (*message).to_owned())
            }
            Self::BadRequest(message) => (
                StatusCode::BAD_REQUEST,
                if intune || access {
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
            Self::InvalidQuery(message) => (StatusCode::BAD_REQUEST, "BadRequest", message.clone()),
            Self::InvalidProperty { name, kind } => (
                StatusCode::BAD_REQUEST,
                model_code(family),
                match family {
                    Family::Directory => format!("Invalid property '{name}'."),
                    Family::Intune => format!(
                        "The property '{name}' does not exist on type \
                         'microsoft.management.services.api.{kind}'. Make sure to only use property names that are \
                         defined by the type."
                    ),
                    Family::ConditionalAccess => format!(
                        "The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only \
                         use property names that are defined by the type."
                    ),
                },
            ),
            Self::InvalidType(kind) => (
                StatusCode::BAD_REQUEST,
                model_code(family),
                format!(
                    "A type named 'microsoft.graph.{kind}' could not be resolved by the model. When a model is \
                     available, each type name must resolve to a valid type."
                ),
            ),
            Self::InvalidValue(message) => {
                (StatusCode::BAD_REQUEST, model_code(family), message.clone())
            }
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "The HTTP method is not allowed on this resource.".to_owned(),
            ),
            Self::NotJson => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Entity only allows writes with a JSON Content-Type header.".to_owned(),
            ),
            Self::Unreadable => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
                 valid JSON format."
                    .to_owned(),
            ),
            Self::Encoded => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "The content encoding of the request is not supported.".to_owned(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                "The request body is too large.".to_owned(),
            ),
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "Too many requests. Wait before the next one.".to_owned(),
            ),
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, "Forbidden", message.clone()),
            Self::NeedsApproval { message, .. } => {
                (StatusCode::FORBIDDEN, "Forbidden", message.clone())
            }
            Self::NotLicensed => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "Request not applicable to target tenant.".to_owned(),
            ),
            Self::Conflict(message) if intune => {
                (StatusCode::CONFLICT, "Conflict", message.clone())
            }
            Self::Conflict(message) => (
                StatusCode::BAD_REQUEST,
                "Request_BadRequest",
                message.clone(),
            ),
            Self::InvalidReference(message) => (
                StatusCode::BAD_REQUEST,
                "InvalidReferenceId",
                message.clone(),
            ),
            Self::SyncStateLost { begin_again } => (
                if begin_again.is_some() {
                    StatusCode::GONE
                } else {
                    StatusCode::BAD_REQUEST
                },
                "syncStateNotFound",
                "The sync state generation is not found; continuing the sync is impossible."
                    .to_owned(),
            ),
            Self::Full => (
                StatusCode::INSUFFICIENT_STORAGE,
                "InsufficientStorage",
                "The collection holds as many objects as it may.".to_owned(),
            ),
            Self::Unsaved => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "The change could not be kept and was not made.".to_owned(),
            ),
        }
    }
}

/// What a body is called that does not fit its type.
fn model_code(family: Family) -> &'static str {
    match family {
        Family::Directory => "Request_BadRequest",
        Family::Intune => "ModelValidationFailure",
        Family::ConditionalAccess => "BadRequest",
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
        let too_many = TooMany {
            retry_after: Some(7),
            scope: "Tenant",
            limit: "RequestLimitExceeded",
        };
        let reply = Problem::Throttled(too_many).reply(Family::Intune, &trace());
        assert_eq!(reply.headers["retry-after"], "7");
        assert!(
            !body(reply)["error"]["message"]
                .as_str()
                .unwrap()
                .contains("_version")
        );
    }
}
