//! The document around every page, on the server.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{
    app::App,
    look::{HIDDEN, THEME},
    request::{Nonce, Site, find, on_root, zone_script},
};

/// The whole document.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let site = find::<Site>().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=on_root(THEME) data-without=on_root(HIDDEN)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=site.css.clone() />
                <Scripts site />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Loads the wasm and hands the page over to it; own instead of Leptos', whose names carry no hash.
#[component]
fn Scripts(site: Site) -> impl IntoView {
    let nonce = find::<Nonce>()
        .map(|Nonce(nonce)| nonce)
        .or_else(|| use_nonce().map(|nonce| nonce.to_string()));
    let start = format!(
        "import init, {{ hydrate }} from {js:?};\n\
         {zone}\
         await init({{ module_or_path: {wasm:?} }});\n\
         hydrate();",
        js = site.js,
        zone = zone_script(),
        wasm = site.wasm,
    );
    view! {
        <link rel="modulepreload" href=site.js.clone() />
        <link
            rel="preload"
            href=site.wasm.clone()
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
        />
        <script type="module" nonce=nonce inner_html=start></script>
    }
}
