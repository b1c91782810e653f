//! Time, one format everywhere; the text comes from the server's clock, so both sides write the same.

use domain::time::{Timestamp, duration};
use leptos::prelude::*;

/// How long ago something was; the exact moment on hover.
#[component]
pub fn Ago(
    /// When it was.
    at: Timestamp,
    /// When it is seen: the server time of the answer.
    #[prop(into)]
    now: Signal<Timestamp>,
) -> impl IntoView {
    let text = move || at.ago(now.get());
    view! { <time datetime=at.iso() title=at.exact()>{text}</time> }
}

/// A moment, with its zone.
#[component]
pub fn Exact(
    /// When it was.
    at: Timestamp,
) -> impl IntoView {
    view! { <time datetime=at.iso()>{at.exact()}</time> }
}

/// How long something took.
#[component]
pub fn Took(
    /// In microseconds.
    micros: i64,
) -> impl IntoView {
    view! { <span>{duration(micros)}</span> }
}
