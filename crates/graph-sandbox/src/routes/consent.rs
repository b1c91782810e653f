//! The administrator's consent: everybody who asks gets it, unless a fault says otherwise.

use axum::http::StatusCode;

use crate::Sandbox;
use crate::encoding::{pairs, percent_encode};
use crate::errors::Trace;
use crate::faults::{FaultKind, Place};
use crate::reply::Reply;
use crate::sign_in_errors::SignInProblem;

/// Sends the browser back to where the application wants it.
pub(super) fn answer(
    sandbox: &Sandbox,
    tenant: &str,
    query: &str,
    place: &Place<'_>,
    trace: &Trace,
) -> Reply {
    match address(sandbox, tenant, query, place) {
        Ok(address) => Reply::empty(StatusCode::FOUND).with("location", &address),
        Err(problem) => problem.reply(trace),
    }
}

fn address(
    sandbox: &Sandbox,
    tenant: &str,
    query: &str,
    place: &Place<'_>,
) -> Result<String, SignInProblem> {
    let fields = pairs(query).unwrap_or_default();
    let field = |name: &'static str| {
        let mut own = fields.iter();
        let found = own.find(|(own, value)| own == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    let missing = SignInProblem::MissingParameter;
    let client_id = field("client_id").ok_or(missing("client_id"))?;
    let redirect = field("redirect_uri")
        .filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"))
        .ok_or(missing("redirect_uri"))?;
    let known = match tenant {
        "common" | "organizations" => sandbox.first_tenant(),
        name => sandbox.tenant(name),
    };
    let known =
        known.ok_or_else(|| SignInProblem::UnknownTenant(tenant.chars().take(200).collect()))?;
    let refused = sandbox.faults().strikes(place, &FaultKind::ConsentRefused);
    let answer = if refused || known.app(client_id).is_none() {
        "error=permission_denied&error_description=The+admin+canceled+the+request".to_owned()
    } else {
        "admin_consent=True".to_owned()
    };
    let state = field("state").map_or_else(String::new, |state| {
        format!("&state={}", percent_encode(state).replace('&', "%26"))
    });
    let joint = if redirect.contains('?') { '&' } else { '?' };
    Ok(format!(
        "{redirect}{joint}{answer}&tenant={}{state}",
        known.seed.tenant_id
    ))
}
