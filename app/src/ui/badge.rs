//! Outcomes: icon and word, always both.

use domain::{
    badge::{Icon as State, Tone, run_badge},
    connection::VerificationStatus,
    lifecycle::TenantLifecycle,
    run::RunState,
    verification::Overall,
};
use leptos::prelude::*;

use super::icon::Icon;

/// The badge of a run's state, from the one registry (V-12).
#[component]
pub fn RunBadge(
    /// The state.
    state: RunState,
) -> impl IntoView {
    let badge = run_badge(state);
    outcome(badge.label, badge.icon, badge.tone, state.word())
}

/// A badge of something else than a run.
#[component]
pub fn ToneBadge(
    /// The word in it.
    #[prop(into)]
    label: String,
    /// The picture in it.
    icon: State,
    /// Its tone.
    tone: Tone,
) -> impl IntoView {
    outcome(label, icon, tone, "")
}

/// Where a tenant is in its life.
#[component]
pub fn LifecycleBadge(
    /// Where.
    lifecycle: TenantLifecycle,
) -> impl IntoView {
    let (icon, tone) = match lifecycle {
        TenantLifecycle::Draft => (State::CircleDashed, Tone::Neutral),
        TenantLifecycle::Onboarding => (State::Clock, Tone::Info),
        TenantLifecycle::Active => (State::CircleCheck, Tone::Success),
        TenantLifecycle::Archived => (State::Ban, Tone::NeutralOutline),
    };
    outcome(lifecycle.label().to_owned(), icon, tone, lifecycle.as_str())
}

/// What the last verification of a connection found.
#[component]
pub fn VerificationBadge(
    /// What it found.
    status: VerificationStatus,
) -> impl IntoView {
    let (icon, tone) = match status {
        VerificationStatus::Unverified => (State::CircleDashed, Tone::Neutral),
        VerificationStatus::Healthy => (State::CircleCheck, Tone::Success),
        VerificationStatus::Degraded => (State::CircleSlash, Tone::WarningOutline),
        VerificationStatus::Failed => (State::CircleX, Tone::Danger),
    };
    outcome(status.label().to_owned(), icon, tone, status.as_str())
}

fn outcome(label: String, icon: State, tone: Tone, word: &'static str) -> impl IntoView {
    let word = (!word.is_empty()).then_some(word);
    view! {
        <span class=tone_class(tone) data-state=word>
            <Icon icon />
            {label}
        </span>
    }
}

/// What a verification report comes to; never in the gate's word, which is kept for refused runs.
#[component]
pub fn ReportBadge(
    /// What it comes to.
    overall: Overall,
) -> impl IntoView {
    let (label, icon, tone) = match overall {
        Overall::Ready => ("Ready", State::CircleCheck, Tone::Success),
        Overall::NeedsAttention => ("Needs attention", State::CircleSlash, Tone::WarningOutline),
        Overall::Blocked => ("Not usable", State::CircleX, Tone::Danger),
    };
    outcome(label.to_owned(), icon, tone, "")
}

/// The classes of a tone; the theme decides what colour it is.
pub const fn tone_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "outcome tone-neutral",
        Tone::NeutralOutline => "outcome tone-neutral tone-outlined",
        Tone::Info => "outcome tone-info",
        Tone::Success => "outcome tone-success",
        Tone::Warning => "outcome tone-warning tone-filled",
        Tone::WarningOutline => "outcome tone-warning tone-outlined",
        Tone::Danger => "outcome tone-danger",
        Tone::DangerOutline => "outcome tone-danger tone-outlined",
    }
}
