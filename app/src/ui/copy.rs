//! Copying to the clipboard; without a script the button is not there.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

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
    // The person may have left the page by the time the browser answers.
    let say = move |words| {
        let _ = said.try_set(words);
    };
    let press = move |_| copy(&what.run(()), say);
    view! {
        <span class="inline-flex items-center needs-script" class:invisible=move || !works.get()>
            <button type="button" class="btn btn-sm" on:click=press>{label}</button>
            <span class="quiet" class:ml-2=move || said.with(|it| !it.is_empty()) role="status">{said}</span>
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

/// The part of a drawn page that has a button beside it, and the button: what it copies has this id.
///
/// Drawn pages have no code of their own: whoever shows them hears the press.
pub fn copy_named(event: &leptos::ev::MouseEvent) {
    let pressed = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let button = pressed.and_then(|it| it.closest("[data-copy]").ok().flatten());
    let Some(button) = button else { return };
    let named = button.get_attribute("data-copy").unwrap_or_default();
    let Some(source) = document().get_element_by_id(&named) else {
        return;
    };
    let text = source.text_content().unwrap_or_default();
    copy(&text, move |words| {
        if let Some(told) = button.next_element_sibling() {
            told.set_text_content(Some(words));
        }
    });
}

#[cfg(feature = "hydrate")]
fn copy(text: &str, say: impl Fn(&'static str) + Clone + 'static) {
    use wasm_bindgen::{JsValue, closure::Closure};

    let told = say.clone();
    let done = Closure::once(move |_: JsValue| say("Copied"));
    let refused = Closure::once(move |_: JsValue| told("Not copied: the browser refused"));
    let clipboard = window().navigator().clipboard();
    let _ = clipboard.write_text(text).then2(&done, &refused);
    done.forget();
    refused.forget();
}

#[cfg(not(feature = "hydrate"))]
fn copy(_: &str, _: impl Fn(&'static str) + Clone + 'static) {}
