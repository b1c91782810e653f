#![doc = include_str!("../README.md")]

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page that the server rendered; called once by its script.
#[wasm_bindgen]
pub fn hydrate() {
    // A panic shows as a console error, which the browser stories treat as a failure.
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
