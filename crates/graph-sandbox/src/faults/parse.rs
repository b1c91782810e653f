//! Faults as the control API takes them, with the wrong field named.

use axum::http::HeaderValue;
use serde_json::{Map, Value};

use super::{Fault, FaultKind};
use crate::permissions;

/// The longest pause a fault may ask for: one hour.
const MAX_DELAY_MS: u64 = 3_600_000;

/// A field of a control body that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadField {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl BadField {
    pub(crate) fn new(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

const FIELDS: &[&str] = &[
    "tenant_id",
    "route",
    "count",
    "kind",
    "status",
    "retry_after",
    "delay_ms",
    "role",
    "seconds",
];

/// Reads one fault. `knows_tenant` says whether a tenant id is of this sandbox.
pub(crate) fn from_json(
    body: &Value,
    knows_tenant: impl Fn(&str) -> bool,
) -> Result<Fault, BadField> {
    let body = body
        .as_object()
        .ok_or_else(|| BadField::new("body", "must be a JSON object"))?;
    if let Some(unknown) = body.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        let known = FIELDS.join(", ");
        return Err(BadField::new(
            unknown,
            format!("is not a field of a fault; known: {known}"),
        ));
    }
    let tenant_id = text(body, "tenant_id")?;
    if let Some(tenant) = tenant_id.as_deref()
        && !knows_tenant(tenant)
    {
        return Err(BadField::new("tenant_id", "is no tenant of this sandbox"));
    }
    let route = text(body, "route")?;
    if route.as_deref().is_some_and(|route| route.len() > 1_024) {
        return Err(BadField::new("route", "must have at most 1,024 characters"));
    }
    let count = number(body, "count")?;
    if count == Some(0) {
        return Err(BadField::new("count", "must be at least 1"));
    }
    Ok(Fault {
        tenant_id,
        route,
        count,
        kind: kind(body)?,
    })
}

fn kind(body: &Map<String, Value>) -> Result<FaultKind, BadField> {
    let name = text(body, "kind")?.ok_or_else(|| BadField::new("kind", "is missing"))?;
    let (kind, own): (FaultKind, &[&str]) = match name.as_str() {
        "status" => (status(body)?, &["status", "retry_after"]),
        "delay" => (
            FaultKind::Delay {
                delay_ms: delay(body)?,
            },
            &["delay_ms"],
        ),
        "slow_drip" => (
            FaultKind::SlowDrip {
                delay_ms: delay(body)?,
            },
            &["delay_ms"],
        ),
        "remove_role" => (FaultKind::RemoveRole { role: role(body)? }, &["role"]),
        "status_after_commit" => (
            FaultKind::StatusAfterCommit {
                status: code(body)?,
            },
            &["status"],
        ),
        "hang_after_commit" => (FaultKind::HangAfterCommit, &[]),
        "reset_after_commit" => (FaultKind::ResetAfterCommit, &[]),
        "hang" => (FaultKind::Hang, &[]),
        "hang_mid_body" => (FaultKind::HangMidBody, &[]),
        "cut_mid_body" => (FaultKind::CutMidBody, &[]),
        "reset" => (FaultKind::Reset, &[]),
        "truncate" => (FaultKind::Truncate, &[]),
        "invalid_json" => (FaultKind::InvalidJson, &[]),
        "loop_next_link" => (FaultKind::LoopNextLink, &[]),
        "foreign_next_link" => (FaultKind::ForeignNextLink, &[]),
        "duplicate_next_link" => (FaultKind::DuplicateNextLink, &[]),
        "delta_reset" => (FaultKind::DeltaReset, &[]),
        "approval_required" => (FaultKind::ApprovalRequired, &[]),
        "not_licensed" => (FaultKind::NotLicensed, &[]),
        "consent_refused" => (FaultKind::ConsentRefused, &[]),
        "token_lifetime" => (
            FaultKind::TokenLifetime {
                seconds: lifetime(body)?,
            },
            &["seconds"],
        ),
        "expired_secret" => (FaultKind::ExpiredSecret, &[]),
        "wrong_secret" => (FaultKind::WrongSecret, &[]),
        "consent_revoked" => (FaultKind::ConsentRevoked, &[]),
        _ => {
            let known = FaultKind::NAMES.join(", ");
            return Err(BadField::new("kind", format!("must be one of {known}")));
        }
    };
    // A field that the kind does not look at is a mistake, not a wish.
    for field in ["status", "retry_after", "delay_ms", "role", "seconds"] {
        if body.get(field).is_some_and(|value| !value.is_null()) && !own.contains(&field) {
            return Err(BadField::new(
                field,
                format!("has no meaning for kind {name}"),
            ));
        }
    }
    Ok(kind)
}

fn code(body: &Map<String, Value>) -> Result<u16, BadField> {
    let bad = || BadField::new("status", "must be a number from 200 to 599");
    let status = number(body, "status")?.ok_or_else(bad)?;
    let status = u16::try_from(status).map_err(|_| bad())?;
    if !(200..600).contains(&status) {
        return Err(bad());
    }
    Ok(status)
}

fn status(body: &Map<String, Value>) -> Result<FaultKind, BadField> {
    let status = code(body)?;
    let retry_after = match body.get("retry_after") {
        Some(Value::Number(seconds)) => Some(seconds.to_string()),
        _ => text(body, "retry_after")?,
    };
    if retry_after
        .as_deref()
        .is_some_and(|value| HeaderValue::from_str(value).is_err())
    {
        return Err(BadField::new(
            "retry_after",
            "must be the value of a header",
        ));
    }
    Ok(FaultKind::Status {
        status,
        retry_after,
    })
}

fn delay(body: &Map<String, Value>) -> Result<u64, BadField> {
    number(body, "delay_ms")?
        .filter(|delay| (1..=MAX_DELAY_MS).contains(delay))
        .ok_or_else(|| BadField::new("delay_ms", format!("must be from 1 to {MAX_DELAY_MS}")))
}

fn lifetime(body: &Map<String, Value>) -> Result<i64, BadField> {
    body.get("seconds")
        .and_then(Value::as_i64)
        .filter(|seconds| (-86_400..=86_400).contains(seconds))
        .ok_or_else(|| BadField::new("seconds", "must be a number from -86,400 to 86,400"))
}

fn role(body: &Map<String, Value>) -> Result<String, BadField> {
    text(body, "role")?
        .filter(|role| permissions::role_id(role).is_some())
        .ok_or_else(|| BadField::new("role", "must name a permission such as Group.Read.All"))
}

fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, BadField> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(BadField::new(field, "must be a string")),
    }
}

fn number(body: &Map<String, Value>, field: &str) -> Result<Option<u64>, BadField> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| BadField::new(field, "must be a whole number, 0 or more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_reads_back_as_it_is_listed() {
        for name in FaultKind::NAMES {
            let mut body = json!({"kind": name, "route": "/groups", "count": 2});
            match *name {
                "status" | "status_after_commit" => body["status"] = json!(429),
                "delay" | "slow_drip" => body["delay_ms"] = json!(10),
                "token_lifetime" => body["seconds"] = json!(-5),
                "remove_role" => body["role"] = json!("Group.Read.All"),
                _ => {}
            }
            let fault = from_json(&body, |_| true).unwrap();
            assert_eq!(serde_json::to_value(&fault).unwrap(), body, "{name}");
        }
    }

    #[test]
    fn a_bad_field_is_named() {
        for (body, field) in [
            (json!([]), "body"),
            (json!({}), "kind"),
            (json!({"kind": 3}), "kind"),
            (json!({"kind": "nope"}), "kind"),
            (json!({"kind": "status"}), "status"),
            (json!({"kind": "status", "status": 99}), "status"),
            (json!({"kind": "status", "status": 100_000}), "status"),
            (
                json!({"kind": "status", "status": 429, "retry_after": "a\nb"}),
                "retry_after",
            ),
            (
                json!({"kind": "status", "status": 429, "delay_ms": 5}),
                "delay_ms",
            ),
            (json!({"kind": "delay"}), "delay_ms"),
            (json!({"kind": "delay", "delay_ms": -1}), "delay_ms"),
            (json!({"kind": "hang", "count": 0}), "count"),
            (json!({"kind": "hang", "count": "2"}), "count"),
            (json!({"kind": "hang", "tenant_id": "x"}), "tenant_id"),
            (json!({"kind": "hang", "rout": "/groups"}), "rout"),
            (json!({"kind": "remove_role"}), "role"),
            (json!({"kind": "remove_role", "role": "Group.Read"}), "role"),
        ] {
            assert_eq!(
                from_json(&body, |_| false).unwrap_err().field,
                field,
                "{body}"
            );
        }
    }
}
