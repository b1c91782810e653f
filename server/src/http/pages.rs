//! Pages, rendered by `app`.

use axum::Router;
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_with_context};
use operations::Services;

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
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), context, shell)
        .fallback(not_found)
        .with_state(options)
}

/// What pages and server functions find in their context.
pub(super) fn provide(services: &Services) {
    provide_context(services.clone());
    app::request::provide_nonce();
}
