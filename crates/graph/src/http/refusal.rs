//! What Graph's refusals mean.

use serde::Deserialize;

use super::Reply;
use crate::approval::{self, Demand};
use crate::contracts::Permissions;
use crate::error::GraphError;
use crate::redact::SafeText;

#[derive(Deserialize)]
struct Refusal {
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default, rename = "innerError", alias = "innererror")]
    inner: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(default, rename = "request-id")]
    request_id: Option<String>,
}

/// Intune puts a second JSON text into `message`.
#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "Message", alias = "message")]
    message: String,
}

/// Names the refusal by its status; code and message only refine it.
pub(crate) fn classify(reply: &Reply, needed: Option<Permissions>, secrets: &[&str]) -> GraphError {
    let status = reply.status;
    let body = serde_json::from_slice::<Refusal>(&reply.body)
        .ok()
        .map(|refusal| refusal.error);
    let inner_id = body
        .as_ref()
        .and_then(|body| body.inner.as_ref()?.request_id.as_deref())
        .filter(|id| !holds_any(id, secrets))
        .and_then(SafeText::identifier);
    let request_id = reply
        .request_id
        .clone()
        .or(inner_id.map(SafeText::into_string));
    let message = body
        .as_ref()
        .map(|body| unwrap(&body.message))
        .unwrap_or_default();
    let message = secrets
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(message, |message, secret| {
            message.replace(secret, "[redacted]")
        });
    let detail = || SafeText::sentence(&message, secrets);
    let unlicensed = message.contains("Request not applicable to target tenant");
    match status {
        200..=399 => {
            let what = "its status is not that of an answer";
            GraphError::InvalidResponse { what, request_id }
        }
        400 | 403 if unlicensed => GraphError::NotLicensed { request_id },
        403 => GraphError::PermissionDenied {
            permissions: permissions(&message, needed),
            detail: detail(),
            request_id,
        },
        404 => GraphError::NotFound { request_id },
        500.. => GraphError::ServerError { status, request_id },
        _ => GraphError::Rejected {
            status,
            code: body
                .as_ref()
                .filter(|body| !holds_any(&body.code, secrets))
                .and_then(|body| SafeText::identifier(&body.code)),
            detail: detail(),
            request_id,
        },
    }
}

fn holds_any(text: &str, secrets: &[&str]) -> bool {
    let mut real = secrets.iter().filter(|secret| !secret.is_empty());
    real.any(|secret| text.contains(secret))
}

/// What a refused change says about approval.
pub(super) fn demand(reply: &Reply) -> Option<Demand> {
    let refusal: Refusal = serde_json::from_slice(&reply.body).ok()?;
    approval::demand(&unwrap(&refusal.error.message))
}

/// Whether a walk through changes has to begin anew.
pub(super) fn is_resync(reply: &Reply) -> bool {
    let code = || serde_json::from_slice::<Refusal>(&reply.body).map(|refusal| refusal.error.code);
    let resync = |code: String| {
        ["syncStateNotFound", "syncStateInvalid", "resyncRequired"]
            .iter()
            .any(|known| code.eq_ignore_ascii_case(known))
    };
    reply.status == 410 || (400..500).contains(&reply.status) && code().is_ok_and(resync)
}

/// Takes the words out of Intune's JSON in JSON, and leaves out the ids and the
/// internal address that follow them.
fn unwrap(message: &str) -> String {
    let mut text = message.to_owned();
    // Seen wrapped twice; the bound is for what was not seen.
    for _ in 0..3 {
        match serde_json::from_str::<Wrapped>(&text) {
            Ok(wrapped) => text = wrapped.message,
            Err(_) => break,
        }
    }
    match text.split_once(" - Operation ID") {
        Some((words, _)) => words.trim().to_owned(),
        None => text.trim().to_owned(),
    }
}

/// The permissions that the message asks for; those of the contract where it names none.
fn permissions(message: &str, needed: Option<Permissions>) -> Vec<String> {
    let mut named: Vec<String> = message
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))
        .map(|word| word.trim_matches('.'))
        .filter(|word| {
            word.split('.')
                .any(|part| matches!(part, "Read" | "ReadWrite"))
        })
        .filter(|word| word.contains('.'))
        .filter_map(SafeText::identifier)
        .map(SafeText::into_string)
        .take(20)
        .collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        named = needed
            .into_iter()
            .flat_map(Permissions::all)
            .map(str::to_owned)
            .collect();
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::contract;

    const INTUNE: &str = r#"{"error":{"code":"Forbidden","message":"{\r\n  \"_version\": 3,\r\n  \"Message\": \"Application is not authorized to perform this operation. Application must have one of the following scopes: DeviceManagementConfiguration.Read.All, DeviceManagementConfiguration.ReadWrite.All - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: 11111111-1111-1111-1111-111111111111 - Url: https://proxy.example/x?canary=1\",\r\n  \"CustomApiErrorPhrase\": \"\"\r\n}","innerError":{"date":"2026-01-01T00:00:00","request-id":"r-1"}}}"#;

    fn classified(status: u16, body: &str) -> GraphError {
        let body = body.as_bytes().to_vec();
        let reply = Reply {
            status,
            body,
            ..Reply::default()
        };
        classify(&reply, contract("groups").unwrap().read.known(), &["tok-1"])
    }

    #[test]
    fn p03_intune_names_the_missing_permissions_inside_its_second_json() {
        let GraphError::PermissionDenied {
            permissions,
            detail,
            request_id,
        } = classified(403, INTUNE)
        else {
            panic!("403 is a denial");
        };
        assert_eq!(
            permissions,
            [
                "DeviceManagementConfiguration.Read.All",
                "DeviceManagementConfiguration.ReadWrite.All"
            ]
        );
        let detail = detail.unwrap().into_string();
        assert!(
            detail.starts_with("Application is not authorized"),
            "{detail}"
        );
        assert!(
            !detail.contains("Operation ID") && !detail.contains("proxy"),
            "{detail}"
        );
        assert_eq!(request_id.as_deref(), Some("r-1"));
    }

    #[test]
    fn p03_the_directory_names_none_so_the_contract_does() {
        let body = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.","innererror":{"request-id":"r-2"}}}"#;
        let error = classified(403, body);
        assert_eq!(error.request_id(), Some("r-2"));
        assert!(
            error.safe_message().contains("GroupMember.Read.All"),
            "{error}"
        );
    }

    #[test]
    fn p01_statuses_are_told_apart() {
        let unlicensed = r#"{"error":{"code":"BadRequest","message":"Request not applicable to target tenant."}}"#;
        assert!(matches!(
            classified(400, unlicensed),
            GraphError::NotLicensed { .. }
        ));
        assert!(matches!(classified(404, "{}"), GraphError::NotFound { .. }));
        assert!(matches!(
            classified(500, ""),
            GraphError::ServerError { status: 500, .. }
        ));
        assert!(matches!(
            classified(302, ""),
            GraphError::InvalidResponse { .. }
        ));
        assert!(matches!(
            classified(204, ""),
            GraphError::InvalidResponse { .. }
        ));
        let gone = r#"{"error":{"code":"syncStateNotFound","message":"again, tok-1"}}"#;
        let error = classified(410, gone);
        assert_eq!(
            error.safe_message(),
            "the provider refused the request with status 410 (syncStateNotFound)"
        );
        assert!(!format!("{error:?}").contains("tok-1"));
    }

    #[test]
    fn r09_payloads_in_a_message_are_not_kept() {
        let wrapped =
            |text: &str| serde_json::json!({"error": {"code": "<x>", "message": text}}).to_string();
        for message in [
            "{\"value\":[\"canary\"]}",
            "<b>canary</b>",
            "https://x/?a=canary",
        ] {
            let shown = format!("{:?}", classified(400, &wrapped(message)));
            assert!(!shown.contains("canary"), "{shown}");
        }
        for garbage in [
            "",
            "null",
            "{\"error\":\"x\"}",
            "{\"error\":{\"message\":1}}",
        ] {
            assert!(
                matches!(classified(400, garbage), GraphError::Rejected { .. }),
                "{garbage}"
            );
        }
    }
}
