//! The facts of a run: who, in whose name, when, how long.

use domain::{
    link,
    run::AuthorityMode,
    time::{Timestamp, duration},
    views::RunView,
};
use leptos::prelude::*;

use crate::ui::time::{Ago, Exact, Took};

/// The facts, as name and value pairs.
#[component]
pub fn Summary(
    /// The run.
    run: Signal<RunView>,
    /// The moment it is seen from.
    now: Signal<Timestamp>,
) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="summary">
            <h2 id="summary">"Summary"</h2>
            <dl class="facts mt-2">{move || run.with(|run| facts(run, now))}</dl>
        </section>
    }
}

fn facts(run: &RunView, now: Signal<Timestamp>) -> impl IntoView + use<> {
    let expected = run.expected_seconds.map(|seconds| {
        let usual = duration(i64::from(seconds) * domain::time::SECOND);
        view! { <dt>"Usually takes"</dt> <dd>{usual}</dd> }
    });
    let reconciled = run.reconciled_at.map(|at| {
        view! { <dt>"Reconciled"</dt> <dd><Moment at now /></dd> }
    });
    view! {
        <dt>"Run"</dt>
        <dd><code>{run.id.to_string()}</code></dd>
        <dt>"Operation"</dt>
        <dd>{run.operation.clone()} " " <code>{run.operation_code.clone()}</code></dd>
        <dt>"Started by"</dt>
        <dd>{run.initiator.clone()}</dd>
        <dt>"Authority"</dt>
        <dd>{authority(run.authority)}</dd>
        {schedule(run)}
        <dt>"Attempt"</dt>
        <dd>{attempt(run)}</dd>
        <dt>"Queued"</dt>
        <dd><Moment at=run.queued_at now /></dd>
        <dt>"Started"</dt>
        <dd>{started(run, now)}</dd>
        <dt>"Completed"</dt>
        <dd>{completed(run, now)}</dd>
        {reconciled}
        <dt>"Duration"</dt>
        <dd>{took(run, now)}</dd>
        {expected}
    }
}

/// The schedule a run comes from, and its slot.
fn schedule(run: &RunView) -> Option<impl IntoView + use<>> {
    let schedule = run.schedule.as_ref()?;
    let name = schedule.name.clone();
    let tenant = run.tenant.as_ref().map(|tenant| tenant.id);
    let name = match tenant.zip(schedule.id) {
        Some((tenant, id)) => {
            view! { <a class="link" href=link::schedule(tenant, id)>{name}</a> }.into_any()
        }
        None => format!("{name} (deleted)").into_any(),
    };
    let slot = match &schedule.slot {
        Some(slot) => format!(", slot {slot}"),
        None => ", run now".to_owned(),
    };
    Some(view! { <dt>"By schedule"</dt> <dd>{name} {slot}</dd> })
}

/// In whose name a run is authorised, in words.
pub fn authority(mode: AuthorityMode) -> &'static str {
    match mode {
        AuthorityMode::ActorBound => "Bound to the person who asked",
        AuthorityMode::SystemAuthority => "The system's own authority",
    }
}

#[component]
fn Moment(at: Timestamp, now: Signal<Timestamp>) -> impl IntoView {
    view! {
        <Exact at />
        <span class="quiet">" (" <Ago at now /> ")"</span>
    }
}

fn attempt(run: &RunView) -> String {
    if run.attempt == 0 {
        "None yet".to_owned()
    } else {
        run.attempt.to_string()
    }
}

fn started(run: &RunView, now: Signal<Timestamp>) -> AnyView {
    match run.started_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None if run.state.is_over() => "Never started".into_any(),
        None => "Not yet".into_any(),
    }
}

fn completed(run: &RunView, now: Signal<Timestamp>) -> AnyView {
    match run.completed_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => "Not yet".into_any(),
    }
}

fn took(run: &RunView, now: Signal<Timestamp>) -> AnyView {
    let Some(started) = run.started_at else {
        let never = if run.state.is_over() {
            "Never started"
        } else {
            "Not yet"
        };
        return never.into_any();
    };
    match run.completed_at {
        Some(completed) => view! { <Took micros=completed.since(started) /> }.into_any(),
        None => {
            let micros = move || now.get().since(started);
            view! { {move || view! { <Took micros=micros() /> }} " so far" }.into_any()
        }
    }
}
