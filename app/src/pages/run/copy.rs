//! Copying to the clipboard; without a script the button is not there.

use leptos::prelude::*;

/// A button that copies a text and says that it did.
#[component]
pub fn CopyButton<F>(
    /// What the button says.
    label: &'static str,
    /// What is copied, asked for when the button is pressed.
    what: F,
) -> impl IntoView
where
    F: Fn() -> String + Send + Sync + 'static,
{
    Button(ButtonProps {
        label,
        what: Callback::new(move |()| what()),
    })
}

#[component]
fn Button(label: &'static str, what: Callback<(), String>) -> impl IntoView {
    let works = RwSignal::new(false);
    let said = RwSignal::new("");
    Effect::new(move |_| works.set(is_possible()));
    let press = move |_| copy(&what.run(()), said);
    view! {
        <span class="inline-flex items-center gap-2 needs-script" class:invisible=move || !works.get()>
            <button type="button" class="btn btn-sm" on:click=press>{label}</button>
            <span class="quiet" role="status">{said}</span>
        </span>
    }
}

/// The address of this page, as the browser shows it.
pub fn page_address() -> String {
    window().location().href().unwrap_or_default()
}

/// Browsers give the clipboard to secure pages alone.
fn is_possible() -> bool {
    window().is_secure_context()
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, said: RwSignal<&'static str>) {
    use wasm_bindgen::{JsValue, closure::Closure};

    // The person may have left the page by the time the browser answers.
    let say = move |words| {
        let _ = said.try_set(words);
    };
    let done = Closure::once(move |_: JsValue| say("Copied"));
    let refused = Closure::once(move |_: JsValue| say("Not copied: the browser refused"));
    let clipboard = window().navigator().clipboard();
    let _ = clipboard.write_text(text).then2(&done, &refused);
    done.forget();
    refused.forget();
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: &str, _: RwSignal<&'static str>) {}
