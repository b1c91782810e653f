//! The token endpoint: client credentials, and every way to get them wrong.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::discovery;
use super::request::Endpoint;
use crate::Sandbox;
use crate::certificates::{self, BadAssertion};
use crate::encoding::{Plus, base64_decode, pairs, percent_decode};
use crate::errors::Trace;
use crate::faults::{FaultKind, Place};
use crate::permissions::GRAPH_APP_ID;
use crate::reply::Reply;
use crate::sign_in_errors::SignInProblem;
use crate::state::App;
use crate::tokens::{Grant, LIFETIME_SECONDS};

/// The fields of a token request.
#[derive(Clone, Default)]
pub(super) struct TokenForm {
    grant_type: Option<String>,
    pub(super) client_id: Option<String>,
    client_secret: Option<String>,
    client_assertion: Option<String>,
    client_assertion_type: Option<String>,
    scope: Option<String>,
    resource: Option<String>,
}

impl TokenForm {
    /// Reads a form body, and the client from a Basic header when there is one.
    pub(super) fn read(body: &[u8], authorization: Option<&str>) -> Self {
        let mut form = Self::default();
        let fields = std::str::from_utf8(body)
            .ok()
            .and_then(pairs)
            .unwrap_or_default();
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "grant_type" => form.grant_type = Some(value),
                "client_id" => form.client_id = Some(value),
                "client_secret" => form.client_secret = Some(value),
                "client_assertion" => form.client_assertion = Some(value),
                "client_assertion_type" => form.client_assertion_type = Some(value),
                "scope" => form.scope = Some(value),
                "resource" => form.resource = Some(value),
                _ => {}
            }
        }
        if let Some((id, secret)) = authorization.and_then(basic) {
            form.client_id.get_or_insert(id);
            form.client_secret.get_or_insert(secret);
        }
        form
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, coded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(base64_decode(coded.trim())?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    Some((
        percent_decode(id, Plus::Space)?,
        percent_decode(secret, Plus::Space)?,
    ))
}

/// A token request, and how it came.
pub(super) struct Asked<'a> {
    pub(super) tenant: &'a str,
    pub(super) endpoint: Endpoint,
    pub(super) form: TokenForm,
    pub(super) place: Place<'a>,
    /// Where the sandbox was reached.
    pub(super) origin: &'a str,
}

pub(super) fn answer(sandbox: &Sandbox, asked: &Asked<'_>, trace: &Trace) -> Reply {
    let token = match issue(sandbox, asked, trace) {
        Ok(token) => token,
        Err(problem) => return problem.reply(trace),
    };
    let body = match asked.endpoint {
        Endpoint::V2 => json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": token,
        }),
        // The older endpoint writes its numbers as texts.
        Endpoint::V1 => json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS.to_string(),
            "ext_expires_in": LIFETIME_SECONDS.to_string(),
            "expires_on": trace.seconds.saturating_add(LIFETIME_SECONDS).to_string(),
            "not_before": trace.seconds.to_string(),
            "resource": asked.form.resource,
            "access_token": token,
        }),
    };
    Reply::json(StatusCode::OK, body)
}

fn issue(sandbox: &Sandbox, asked: &Asked<'_>, trace: &Trace) -> Result<String, SignInProblem> {
    let Asked {
        tenant,
        endpoint,
        form,
        place,
        origin,
    } = asked;
    let missing = SignInProblem::MissingParameter;
    let grant_type = form.grant_type.as_deref().ok_or(missing("grant_type"))?;
    if grant_type != "client_credentials" {
        return Err(SignInProblem::UnsupportedGrant(short(grant_type)));
    }
    let client_id = form.client_id.as_deref().ok_or(missing("client_id"))?;
    if discovery::is_shared(tenant) {
        return Err(SignInProblem::NoTenant);
    }
    if Uuid::parse_str(tenant).is_err() && !tenant.contains('.') {
        return Err(SignInProblem::MalformedTenant(short(tenant)));
    }
    let unknown_tenant = || SignInProblem::UnknownTenant(short(tenant));
    let tenant = sandbox.tenant(tenant).ok_or_else(unknown_tenant)?;
    let name = &tenant.seed.display_name;
    match endpoint {
        Endpoint::V2 => {
            let scope = form.scope.as_deref().ok_or(missing("scope"))?;
            check_scope(scope, origin, name)?;
        }
        Endpoint::V1 => {
            let resource = form.resource.as_deref().ok_or(missing("resource"))?;
            check_resource(resource, origin, name)?;
        }
    }
    let scripted = sandbox.faults().sign_in(place);
    let app = tenant.app(client_id);
    let app = app.filter(|_| scripted != Some(FaultKind::ConsentRevoked));
    let app = app.ok_or_else(|| SignInProblem::UnknownApp {
        client_id: short(client_id),
        tenant: tenant.seed.display_name.clone(),
    })?;
    match (&form.client_secret, &form.client_assertion) {
        (_, Some(assertion)) => {
            let base = format!("{origin}/{}", tenant.seed.tenant_id);
            check_assertion(form, assertion, &app, &base, trace.seconds)?;
            if scripted == Some(FaultKind::WrongSecret) {
                return Err(SignInProblem::BadAssertion(BadAssertion::UnknownKey));
            }
        }
        (None, None) => return Err(SignInProblem::MissingSecret),
        (Some(secret), None) => {
            if !app.secrets.contains(secret) || scripted == Some(FaultKind::WrongSecret) {
                return Err(SignInProblem::WrongSecret(app.client_id.to_string()));
            }
            if scripted == Some(FaultKind::ExpiredSecret) {
                return Err(SignInProblem::ExpiredSecret(app.client_id.to_string()));
            }
        }
    }
    let now = trace.seconds;
    let lives = sandbox.faults().token_lifetime(place);
    let grant = Grant {
        tenant_id: Arc::clone(&tenant.id),
        app_id: Arc::clone(&app.client_id),
        roles: sandbox.faults().narrow(place, &app.roles),
        expires: now.saturating_add(lives.unwrap_or(LIFETIME_SECONDS)),
    };
    let unavailable = SignInProblem::Unavailable(StatusCode::SERVICE_UNAVAILABLE, None);
    sandbox.tokens().issue(&grant, now).ok_or(unavailable)
}

/// A signed assertion in the place of a secret.
fn check_assertion(
    form: &TokenForm,
    assertion: &str,
    app: &App,
    base: &str,
    now: i64,
) -> Result<(), SignInProblem> {
    const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    if form.client_assertion_type.as_deref() != Some(TYPE) {
        return Err(SignInProblem::MissingAssertionType);
    }
    // The token endpoint as this sandbox names it, and as the real one is named.
    let real = base
        .rsplit('/')
        .next()
        .map(|tenant| format!("https://login.microsoftonline.com/{tenant}"));
    let bases = real.iter().map(String::as_str).chain([base]);
    let audiences: Vec<String> = bases
        .flat_map(|base| {
            ["/oauth2/v2.0/token", "/v2.0", "/oauth2/token"].map(|end| format!("{base}{end}"))
        })
        .collect();
    certificates::check(assertion, app, &audiences, now).map_err(SignInProblem::BadAssertion)
}

/// One scope, ending in `/.default`, of Microsoft Graph; the sandbox's own
/// address counts as Graph's, since that is where its clients find it.
fn check_scope(scope: &str, origin: &str, tenant: &str) -> Result<(), SignInProblem> {
    let scope = scope.trim();
    if scope.split_whitespace().count() != 1 {
        return Err(SignInProblem::MalformedScope(short(scope)));
    }
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(SignInProblem::ScopeWithoutDefault(short(scope)));
    };
    check_resource(resource, origin, tenant)
}

/// Microsoft Graph under one of its names, or the sandbox's own address.
fn check_resource(resource: &str, origin: &str, tenant: &str) -> Result<(), SignInProblem> {
    let resource = resource.trim().trim_end_matches('/');
    let host = |address: &str| address.split_once("://").map(|(_, host)| host.to_owned());
    if resource == "https://graph.microsoft.com"
        || resource.trim_start_matches("api://") == GRAPH_APP_ID
        || (host(resource).is_some() && host(resource) == host(origin))
    {
        return Ok(());
    }
    let tenant = tenant.to_owned();
    Err(SignInProblem::UnknownResource {
        resource: short(resource),
        tenant,
    })
}

/// What a client sent, cut before it is repeated in an error.
fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect()
}
