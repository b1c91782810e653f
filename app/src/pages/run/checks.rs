//! The checks of a decision, each told by icon and word.

use domain::{
    badge::{Icon, Tone},
    decision::CheckResult,
    views::CheckView,
};
use leptos::prelude::*;

use crate::ui::badge::ToneBadge;

/// Every check with what it found.
#[component]
pub fn Checks(
    /// The checks, in the order in which the gate asks.
    checks: Vec<CheckView>,
) -> impl IntoView {
    view! {
        <ul class="checks" aria-label="Checks">
            {checks.into_iter().map(line).collect_view()}
        </ul>
    }
}

fn line(check: CheckView) -> impl IntoView {
    let (word, icon, tone) = look(check.result);
    view! {
        <li data-check=check.name data-result=check.result.as_str()>
            <ToneBadge label=word icon tone />
            <span>{check.label}</span>
        </li>
    }
}

fn look(result: CheckResult) -> (&'static str, Icon, Tone) {
    match result {
        CheckResult::Passed => ("Passed", Icon::CircleCheck, Tone::Success),
        CheckResult::Failed => ("Not met", Icon::ShieldBan, Tone::Warning),
        CheckResult::NotApplicable => ("Not applicable", Icon::CircleDashed, Tone::Neutral),
    }
}
