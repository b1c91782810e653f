//! What is described to whoever asks: where to sign in, and what Graph serves.

use axum::http::StatusCode;
use serde_json::json;

use crate::Sandbox;
use crate::catalogue::Version;
use crate::errors::Trace;
use crate::reply::Reply;
use crate::sign_in_errors::SignInProblem;
use crate::types;

/// Where the endpoints of a tenant are.
pub(super) fn configuration(sandbox: &Sandbox, tenant: &str, origin: &str, trace: &Trace) -> Reply {
    let Some(known) = sandbox.tenant(tenant) else {
        return unknown(tenant, trace);
    };
    let base = format!("{origin}/{}", known.seed.tenant_id);
    Reply::json(
        StatusCode::OK,
        json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        }),
    )
}

/// What a version of Graph serves.
pub(super) fn metadata(version: Version) -> Reply {
    let text = types::describe(version).to_owned();
    Reply::text(text).with("content-type", "application/xml")
}

/// No keys: the sandbox alone checks its tokens.
pub(super) fn keys(sandbox: &Sandbox, tenant: &str, trace: &Trace) -> Reply {
    match sandbox.tenant(tenant) {
        Some(_) => Reply::json(StatusCode::OK, json!({"keys": []})),
        None => unknown(tenant, trace),
    }
}

fn unknown(tenant: &str, trace: &Trace) -> Reply {
    SignInProblem::UnknownTenant(tenant.chars().take(200).collect()).reply(trace)
}
