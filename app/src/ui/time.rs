//! Time, one format everywhere; the text comes from the server's clock, so both sides write the same.

use domain::{
    time::{Timestamp, duration},
    views::RunRowView,
};
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

/// How long a run took or takes so far, or that it has not started.
pub fn took_of(row: &RunRowView, now: Timestamp) -> AnyView {
    match row.started_at {
        Some(started) => {
            let micros = row.completed_at.unwrap_or(now).since(started);
            view! { <Took micros /> }.into_any()
        }
        None if row.state.is_over() => {
            view! { <span class="quiet">"Never started"</span> }.into_any()
        }
        None => view! { <span class="quiet">"Not yet"</span> }.into_any(),
    }
}
