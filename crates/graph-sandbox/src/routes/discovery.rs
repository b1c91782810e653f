//! What is described to whoever asks: where to sign in, and what Graph serves.

use axum::http::StatusCode;
use serde_json::json;

use super::request::Endpoint;
use crate::Sandbox;
use crate::catalogue::Version;
use crate::errors::Trace;
use crate::reply::Reply;
use crate::sign_in_errors::SignInProblem;
use crate::types;

/// Whether a name stands for tenants of all kinds instead of one.
pub(super) fn is_shared(tenant: &str) -> bool {
    ["common", "organizations", "consumers"].contains(&tenant)
}

/// Where the endpoints of a tenant are, or those that all tenants share.
pub(super) fn configuration(
    sandbox: &Sandbox,
    tenant: &str,
    endpoint: Endpoint,
    origin: &str,
    trace: &Trace,
) -> Reply {
    // Whose tokens come from a shared endpoint is said by each token.
    let (path, issuer) = match sandbox.tenant(tenant) {
        Some(known) => (known.seed.tenant_id.as_str(), known.seed.tenant_id.as_str()),
        None if is_shared(tenant) => (tenant, "{tenantid}"),
        None => return unknown(tenant, trace),
    };
    let base = format!("{origin}/{path}");
    let (issuer, step, scopes) = match endpoint {
        Endpoint::V2 => (
            format!("{origin}/{issuer}/v2.0"),
            "/v2.0",
            json!(["openid", "profile", "email", "offline_access"]),
        ),
        Endpoint::V1 => (
            format!("https://sts.windows.net/{issuer}/"),
            "",
            json!(["openid"]),
        ),
    };
    let region = (path != tenant || !is_shared(tenant)).then_some("EU");
    Reply::json(
        StatusCode::OK,
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/oauth2{step}/authorize"),
            "token_endpoint": format!("{base}/oauth2{step}/token"),
            "device_authorization_endpoint": format!("{base}/oauth2{step}/devicecode"),
            "end_session_endpoint": format!("{base}/oauth2{step}/logout"),
            "jwks_uri": format!("{base}/discovery{step}/keys"),
            "userinfo_endpoint": format!("{origin}/oidc/userinfo"),
            "kerberos_endpoint": format!("{base}/kerberos"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": scopes,
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "request_uri_parameter_supported": false,
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
                "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
                "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
            ],
            "tenant_region_scope": region,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        }),
    )
}

/// What sign-in libraries ask about an authority that they do not know: this one is an authority of its own.
pub(super) fn instance(origin: &str) -> Reply {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    Reply::json(
        StatusCode::OK,
        json!({
            "tenant_discovery_endpoint": format!("{origin}/common/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }),
    )
}

/// The collections and objects at the root, by their names.
pub(super) fn service(version: Version, origin: &str) -> Reply {
    let sets = types::entity_sets(version).map(|set| (set.path, "EntitySet"));
    let named = sets.chain(types::SINGLETONS.iter().map(|name| (*name, "Singleton")));
    let value: Vec<_> = named
        .map(|(name, kind)| json!({"name": name, "kind": kind, "url": name}))
        .collect();
    let context = format!("{origin}/{}/$metadata", version.name());
    Reply::json(
        StatusCode::OK,
        json!({"@odata.context": context, "value": value}),
    )
}

/// What a version of Graph serves.
pub(super) fn metadata(version: Version) -> Reply {
    let text = types::describe(version).to_owned();
    Reply::text(text).with("content-type", "application/xml")
}

/// No keys: tokens of Graph are for Graph, which alone checks them, here as there.
pub(super) fn keys(sandbox: &Sandbox, tenant: &str, trace: &Trace) -> Reply {
    if sandbox.tenant(tenant).is_none() && !is_shared(tenant) {
        return unknown(tenant, trace);
    }
    Reply::json(StatusCode::OK, json!({"keys": []}))
}

fn unknown(tenant: &str, trace: &Trace) -> Reply {
    SignInProblem::UnknownTenant(tenant.chars().take(200).collect()).reply(trace)
}
