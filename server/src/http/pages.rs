//! Pages, rendered by `app`.

use axum::{Router, middleware::from_fn};
use leptos::{
    prelude::{LeptosOptions, provide_context},
    server_fn::axum::server_fn_paths,
};
use leptos_axum::{
    LeptosRoutes as _, generate_route_list_with_exclusions, render_app_async_with_context,
};
use operations::Services;

use super::said;

/// Every page, and the page for everything else.
pub(super) fn routes(services: &Services) -> Router {
    let options = LeptosOptions::builder().output_name("tenant-atlas").build();
    let context = {
        let services = services.clone();
        move || provide(&services)
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let not_found = render_app_async_with_context(context.clone(), shell.clone());
    // Left to the framework, server functions would be served beside the pages, past their own
    // handler with its limit of the body.
    let functions = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let pages = generate_route_list_with_exclusions(app::App, Some(functions));
    Router::new()
        .leptos_routes_with_context(&options, pages, context, shell)
        .fallback(not_found)
        .with_state(options)
        .layer(from_fn(said::once))
}

/// What pages and server functions find in their context.
pub(super) fn provide(services: &Services) {
    provide_context(services.clone());
    app::request::provide_nonce();
}
