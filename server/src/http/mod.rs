//! The router and what guards it.

mod forms;
mod guard;
mod health;
mod late;
mod pages;
mod run_json;
mod said;
mod server_fns;
mod site;

use axum::{
    Router,
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::{any, get},
};
use operations::Services;
use tower_http::csrf::CsrfLayer;

pub(crate) use late::LateRouter;
pub(crate) use site::Site;

/// The whole application as a router.
///
/// # Errors
/// When the public URL is not one.
pub(crate) fn router(
    services: Services,
    site: Site,
    public_url: Option<&str>,
) -> anyhow::Result<Router> {
    let mut csrf = CsrfLayer::new();
    if let Some(url) = public_url {
        csrf = csrf.add_trusted_origin(url.trim_end_matches('/'))?;
    }
    let shown = site.paths();
    let pages = pages::routes(&services);
    let app = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready).with_state(services.clone()))
        .route(
            "/admin/operations/{run}/json",
            get(run_json::download).with_state(services.clone()),
        )
        .route(
            "/api/{*function}",
            any(server_fns::call).with_state(services),
        )
        .merge(site.routes())
        .merge(pages)
        .layer(csrf)
        .layer(from_fn_with_state(shown, guard::guard));
    Ok(app)
}

/// A bare answer with a status and words.
fn plain(status: StatusCode, text: &'static str) -> axum::response::Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        text,
    )
        .into_response()
}
