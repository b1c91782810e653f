//! What the sign-in service's refusals mean.

use serde::Deserialize;

use crate::error::{CredentialFault, GraphError};
use crate::http::Reply;
use crate::redact::SafeText;

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: Option<String>,
}

/// Decides by `error` first; the diagnostic number only refines it.
///
/// The description is never shown: it may repeat what was sent.
pub(crate) fn classify(reply: &Reply, secret: &str) -> GraphError {
    let status = reply.status;
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else {
        let request_id = reply.request_id.clone();
        return if status >= 500 {
            GraphError::ServerError { status, request_id }
        } else {
            let what = "the sign-in service refused without a reason";
            GraphError::InvalidResponse { what, request_id }
        };
    };
    let aadsts = refusal
        .error_codes
        .first()
        .copied()
        .or_else(|| number(&refusal.error_description));
    let identifier = |text: &str| {
        let repeats = !secret.is_empty() && text.contains(secret);
        SafeText::identifier(text).filter(|_| !repeats)
    };
    let trace_id = refusal.trace_id.as_deref().and_then(identifier);
    let request_id = reply
        .request_id
        .clone()
        .or(trace_id.map(SafeText::into_string));
    let credential = |kind| GraphError::AuthenticationFailed {
        kind,
        aadsts,
        request_id: request_id.clone(),
    };
    let rejected = || GraphError::Rejected {
        status,
        code: match aadsts {
            Some(number) => SafeText::identifier(&format!("AADSTS{number}")),
            None => identifier(&refusal.error),
        },
        detail: None,
        request_id: request_id.clone(),
    };
    match (refusal.error.as_str(), aadsts) {
        (_, Some(90_006 | 90_012 | 90_024 | 90_033 | 90_055))
        | ("temporarily_unavailable" | "server_error", _) => {
            GraphError::ServerError { status, request_id }
        }
        ("invalid_client", Some(7_000_222)) => credential(CredentialFault::ExpiredSecret),
        ("invalid_client", Some(7_000_215)) => credential(CredentialFault::WrongSecret),
        ("invalid_client", Some(700_016 | 7_000_229)) => {
            GraphError::ConsentMissing { aadsts, request_id }
        }
        ("unauthorized_client", Some(7_000_112)) => credential(CredentialFault::Other),
        ("unauthorized_client", _) => GraphError::ConsentMissing { aadsts, request_id },
        ("invalid_request", Some(90_002 | 900_023)) => GraphError::TenantUnknown { request_id },
        ("invalid_client" | "invalid_grant" | "access_denied" | "interaction_required", _)
        | (_, Some(53_003)) => credential(CredentialFault::Other),
        _ if status >= 500 => GraphError::ServerError { status, request_id },
        _ => rejected(),
    }
}

/// The number in `AADSTS7000215: ...`.
fn number(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(status: u16, body: &str) -> GraphError {
        let body = body.as_bytes().to_vec();
        classify(
            &Reply {
                status,
                body,
                ..Reply::default()
            },
            "",
        )
    }

    fn refusal(error: &str, code: u32) -> GraphError {
        let status = if error == "invalid_client" { 401 } else { 400 };
        let body = format!(
            "{{\"error\":\"{error}\",\"error_description\":\"AADSTS{code}: canary\\r\\nTrace ID: x\",\
             \"error_codes\":[{code}],\"trace_id\":\"0000-trace\"}}"
        );
        classified(status, &body)
    }

    #[test]
    fn p03_refusals_are_told_apart_by_error_first() {
        let credential = |error, code| match refusal(error, code) {
            GraphError::AuthenticationFailed {
                kind,
                aadsts,
                request_id,
            } => {
                assert_eq!(
                    (aadsts, request_id.as_deref()),
                    (Some(code), Some("0000-trace"))
                );
                kind
            }
            other => panic!("{error} {code}: {other:?}"),
        };
        assert_eq!(
            credential("invalid_client", 7_000_215),
            CredentialFault::WrongSecret
        );
        assert_eq!(
            credential("invalid_client", 7_000_222),
            CredentialFault::ExpiredSecret
        );
        assert_eq!(
            credential("invalid_client", 7_000_218),
            CredentialFault::Other
        );
        assert_eq!(
            credential("unauthorized_client", 7_000_112),
            CredentialFault::Other
        );
        assert_eq!(credential("access_denied", 53_003), CredentialFault::Other);
        for code in [700_016, 7_000_229] {
            let error = refusal("unauthorized_client", code);
            assert!(
                matches!(error, GraphError::ConsentMissing { .. }),
                "{error:?}"
            );
        }
        for code in [90_002, 900_023] {
            let error = refusal("invalid_request", code);
            assert!(
                matches!(error, GraphError::TenantUnknown { .. }),
                "{error:?}"
            );
        }
        assert!(refusal("invalid_request", 90_055).is_transient());
        assert!(refusal("temporarily_unavailable", 1).is_transient());
        let error = refusal("invalid_scope", 70_011);
        assert!(error.safe_message().ends_with("(AADSTS70011)"), "{error}");
    }

    #[test]
    fn p03_the_number_is_found_in_the_description_when_the_list_is_missing() {
        let body = r#"{"error":"invalid_client","error_description":"AADSTS7000222: old"}"#;
        let error = classified(401, body);
        assert!(
            matches!(
                error,
                GraphError::AuthenticationFailed {
                    kind: CredentialFault::ExpiredSecret,
                    ..
                }
            ),
            "{error:?}"
        );
    }

    #[test]
    fn r09_descriptions_are_not_shown_and_garbage_is_survived() {
        assert!(!format!("{:?}", refusal("invalid_scope", 1)).contains("canary"));
        for garbage in [
            "",
            "<html>",
            "[]",
            "{\"error\":{}}",
            "{\"error_codes\":[-1]}",
        ] {
            let error = classified(400, garbage);
            assert!(
                matches!(error, GraphError::InvalidResponse { .. }),
                "{garbage}"
            );
            assert!(classified(500, garbage).is_transient(), "{garbage}");
        }
    }
}
