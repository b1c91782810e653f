//! What the gate decided: for whom, by which checks, on what facts.

use domain::{
    badge::{Icon, Tone},
    time::Timestamp,
    views::{ChangeView, DecisionView, RunView},
};
use leptos::prelude::*;

use super::{checks::Checks, refusal::moment, summary::authority};
use crate::ui::{badge::ToneBadge, copy::CopyButton, time::Exact};

/// A panel a decision, newest first. A decision never changes, so its panel is drawn once.
#[component]
pub fn Decisions(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let decisions = Memo::new(move |_| run.with(|run| run.decisions.clone()));
    let none = move || decisions.with(Vec::is_empty);
    let is_over = Memo::new(move |_| run.with(|run| run.state.is_over()));
    let undecided = move || match is_over.get() {
        false => "The gate has not decided yet. It does so at the moment the run starts.",
        true => "The run ended before the gate decided about it.",
    };
    view! {
        <section class="grid gap-3" aria-labelledby="decisions">
            <h2 id="decisions">"Decisions"</h2>
            <Show when=none>
                <p class="quiet">{undecided}</p>
            </Show>
            <For each=move || decisions.get() key=identity let:decision>
                <Panel decision />
            </For>
        </section>
    }
}

fn identity(decision: &DecisionView) -> (i64, String, Timestamp) {
    (
        decision.attempt,
        decision.phase.clone(),
        decision.decided_at,
    )
}

#[component]
fn Panel(decision: DecisionView) -> impl IntoView {
    let title = format!(
        "Attempt {}, decided {}",
        decision.attempt,
        moment(&decision.phase)
    );
    let checks = decision.checks.clone();
    let json = decision.json.clone();
    view! {
        <article class="panel grid gap-3" aria-label=title data-decision=decision.phase.clone()>
            <header class="flex flex-wrap items-center gap-2">
                <Verdict is_allowed=decision.allowed />
                <h3 class="font-medium">{title.clone()}</h3>
                <span class="quiet"><Exact at=decision.decided_at /></span>
            </header>
            {reason(&decision)}
            <Checks checks />
            {asked_of(&decision)}
            {facts(&decision)}
            {changes(decision.changes)}
            <Stored json />
        </article>
    }
}

#[component]
fn Verdict(is_allowed: bool) -> impl IntoView {
    let (label, icon, tone) = if is_allowed {
        ("Allowed", Icon::CircleCheck, Tone::Success)
    } else {
        ("Refused", Icon::ShieldBan, Tone::Warning)
    };
    view! { <ToneBadge label icon tone /> }
}

fn reason(decision: &DecisionView) -> Option<impl IntoView + use<>> {
    let told = decision.explanation.clone()?;
    let class = decision
        .denial_class
        .map(|class| format!("{} denial. ", class.label()));
    let code = decision.reason_code.clone();
    let detail = decision.reason_detail.clone();
    let again = if decision.retryable {
        "A person may try again once the cause is gone."
    } else {
        "This refusal is final for this run."
    };
    Some(view! {
        <div class="grid gap-1">
            <p>{told.sentence}</p>
            <p>{told.next_step}</p>
            <p class="quiet">
                {class}
                {code.map(|code| view! { <code>{code}</code> })}
                {detail.map(|detail| view! { " " <code>{detail}</code> })}
                " " {again}
            </p>
        </div>
    })
}

fn asked_of(decision: &DecisionView) -> impl IntoView + use<> {
    let capability = match decision.capability.clone() {
        Some((label, code)) => view! { {label} " " <code>{code}</code> }.into_any(),
        None => "None: the system's own authority".into_any(),
    };
    view! {
        <dl class="facts">
            <dt>"Decided for"</dt>
            <dd>{decision.initiator.clone()}</dd>
            <dt>"Authority"</dt>
            <dd>{authority(decision.authority)}</dd>
            <dt>"Capability"</dt>
            <dd>{capability}</dd>
        </dl>
    }
}

fn facts(decision: &DecisionView) -> impl IntoView + use<> {
    view! {
        <div class="grid gap-3 sm:grid-cols-2">
            {truths("True when it was asked for", decision.at_request.clone())}
            {truths("True when the gate decided", decision.at_execution.clone())}
        </div>
    }
}

fn truths(title: &'static str, lines: Vec<String>) -> impl IntoView {
    let none = lines
        .is_empty()
        .then(|| view! { <p class="quiet">"Nothing was recorded."</p> });
    let lines = lines
        .into_iter()
        .map(|line| view! { <li>{line}</li> })
        .collect_view();
    view! {
        <div>
            <h4 class="quiet">{title}</h4>
            <ul class="list-disc ps-5" aria-label=title>{lines}</ul>
            {none}
        </div>
    }
}

fn changes(changes: Vec<ChangeView>) -> Option<impl IntoView> {
    let line = |change: ChangeView| {
        view! { <li>{change.text} " " <span class="quiet"><Exact at=change.at /></span></li> }
    };
    let is_any = !changes.is_empty();
    let lines = changes.into_iter().map(line).collect_view();
    is_any.then(|| {
        view! {
            <div>
                <h4 class="quiet">"Changed in between"</h4>
                <ul class="list-disc ps-5" aria-label="Changed in between">{lines}</ul>
            </div>
        }
    })
}

#[component]
fn Stored(json: String) -> impl IntoView {
    let text = json.clone();
    view! {
        <details>
            <summary class="cursor-pointer">"Decision as it is stored"</summary>
            <CopyButton label="Copy decision" what=move || text.clone() />
            <pre class="overflow-x-auto mt-2" tabindex="0" role="region" aria-label="Stored decision"><code>{json}</code></pre>
        </details>
    }
}
