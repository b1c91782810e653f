//! One schedule: when it runs, what became of its slots, and what can be done with it.

use domain::{
    bulk::SkipReason,
    ids::RunId,
    link,
    schedule::ScheduleState,
    views::{Execution, ExecutionView, ScheduleFault, ScheduleView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    asked::Asked,
    draw::drawn,
    form::{confirm, hidden, notice, refusal, section},
    schedule_form::change_form,
    schedules::{cannot_run, execution, moment, state},
};
use crate::{
    api::{
        drawn::Drawn,
        schedules::{DeleteSchedule, PauseSchedule, ResumeSchedule, RunScheduleNow},
    },
    ui::{
        action::PostForm,
        icon::{Glyph, GlyphIcon},
    },
};

/// The page of a schedule.
pub(super) fn page(view: ScheduleView, asked: &Asked) -> Drawn {
    let tenant = view.tenant.id;
    let refused = [
        asked.error_of::<RunScheduleNow>(),
        asked.error_of::<PauseSchedule>(),
        asked.error_of::<ResumeSchedule>(),
        asked.error_of::<DeleteSchedule>(),
    ];
    let refused = refused.into_iter().flatten().next().map(refusal);
    let change = view
        .form
        .as_ref()
        .map(|form| section("change", "Change", change_form(&view, form, asked)));
    let title = view.name.clone();
    let subtitle = format!("{}. {}.", view.operation, view.rule.in_words());
    drawn(
        title,
        subtitle,
        view! {
            <p class="mb-3">
                <a class="link" href=link::schedules(tenant)>
                    {format!("Back to the schedules of {}", view.tenant.name)}
                </a>
            </p>
            {notice(asked, "created", "The schedule is made.")}
            {notice(asked, "saved", "The schedule is saved.")}
            {notice(asked, "paused", "The schedule is paused. What it had queued and not started is blocked.")}
            {notice(asked, "resumed", "The schedule goes on with its next slot. What came meanwhile is not caught up.")}
            {busy(asked)}
            {refused}
            {view.fault.as_ref().map(|fault| fault_banner(fault, &view))}
            {section("summary", "Summary", summary(&view))}
            {section("history", "History", history(&view.history))}
            {change}
        },
    )
}

/// Why a press of the button led to no run of its own.
fn busy(asked: &Asked) -> Option<AnyView> {
    let run: RunId = asked.value("busy")?.parse().ok()?;
    Some(
        view! {
            <div class="banner tone-info mb-3" role="status">
                <GlyphIcon glyph=Glyph::Info />
                <p>
                    {SkipReason::ConnectionInUse.sentence()} " Nothing was started. "
                    <a class="link" href=link::run(run)>"View run"</a>
                </p>
            </div>
        }
        .into_any(),
    )
}

/// That it never runs as it stands, why, and what to do.
fn fault_banner(fault: &ScheduleFault, view: &ScheduleView) -> AnyView {
    let lead = format!("This schedule cannot run: {}. ", fault.why);
    let remedy = match view.form {
        Some(_) => fault.remedy.clone(),
        None => format!("Ask who manages {} to change it.", view.tenant.name),
    };
    view! {
        <div class="banner tone-danger mb-3" data-fault-banner>
            <GlyphIcon glyph=Glyph::Warning />
            <p class="prose"><strong>{lead}</strong>{remedy}</p>
        </div>
    }
    .into_any()
}

/// Why a slot that has come has no run yet.
fn held(run: RunId) -> impl IntoView {
    view! {
        <p class="quiet" data-held>
            "It has come and waits: "
            <a class="link" href=link::run(run)>"another operation"</a>
            " uses the tenant's connection. Five minutes after its time it is left out."
        </p>
    }
}

fn summary(view: &ScheduleView) -> AnyView {
    let next = match view.next.clone() {
        Some(at) => moment(at),
        None if view.fault.is_some() => "None: it cannot run as it stands".into_any(),
        None if view.state == ScheduleState::Paused => "None while it is paused".into_any(),
        None => "None".into_any(),
    };
    let standing = state(view.state).unwrap_or_else(|| view.state.label().into_any());
    let standing = match &view.fault {
        None => standing,
        Some(fault) if view.state == ScheduleState::Active => cannot_run(fault),
        Some(fault) => view! {
            <span class="inline-flex flex-wrap items-center gap-2">{standing}{cannot_run(fault)}</span>
        }
        .into_any(),
    };
    let made = format!("{}, {}", view.created_by, view.created_at.exact());
    view! {
        <dl class="facts my-2">
            <dt>"Next slot"</dt>
            <dd>{next}{view.waits_for.map(held)}{view.realigned.clone().map(|told| view! { <p class="quiet" data-realigned>{told}</p> })}</dd>
            <dt>"State"</dt>
            <dd>{standing}</dd>
            <dt>"Authority"</dt>
            <dd>"The system's own; \u{201c}Run now\u{201d} runs in your name"</dd>
            <dt>"Made by"</dt>
            <dd>{made}</dd>
            <dt>"Revision"</dt>
            <dd>{view.revision.to_string()}</dd>
        </dl>
        {actions(view)}
    }
    .into_any()
}

fn actions(view: &ScheduleView) -> AnyView {
    let about = || {
        let (tenant, schedule) = (view.tenant.id.to_string(), view.id.to_string());
        view! { {hidden("tenant", tenant)} {hidden("schedule", schedule)} }.into_any()
    };
    let why = view.run_disabled_because.clone();
    let about_run = about();
    let run = match &why {
        None => view! {
            <PostForm action=RunScheduleNow::PATH>
                {about_run}
                <button type="submit" class="btn btn-sm btn-primary">"Run now"</button>
            </PostForm>
        }
        .into_any(),
        Some(_) => {
            view! { <button type="button" class="btn btn-sm" disabled aria-describedby="run-why">"Run now"</button> }
                .into_any()
        }
    };
    let manage = view.form.is_some().then(|| {
        let (path, label) = match view.state {
            ScheduleState::Paused => (ResumeSchedule::PATH, "Resume"),
            _ => (PauseSchedule::PATH, "Pause"),
        };
        let title = format!("Delete the schedule {}", view.name);
        let (about_turn, about_delete) = (about(), about());
        view! {
            <PostForm action=path>
                {about_turn}
                <button type="submit" class="btn btn-sm">{label}</button>
            </PostForm>
            {confirm(
                "delete-schedule".to_owned(),
                "Delete\u{2026}",
                title,
                "What it has queued and not started will be blocked. The runs it made stay, and so does their history. This cannot be undone.",
                view! {
                    <PostForm action=DeleteSchedule::PATH>
                        {about_delete}
                        <button type="submit" class="btn btn-sm btn-error">"Delete schedule"</button>
                    </PostForm>
                }
                .into_any(),
            )}
        }
    });
    let why = why.map(|why| view! { <p id="run-why" class="quiet">{why}</p> });
    view! {
        <div class="actions-row">{run}{manage}</div>
        {why}
    }
    .into_any()
}

fn history(lines: &[ExecutionView]) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="my-2 quiet">"No slot has come yet. Runs, skipped and missed slots will be here."</p> }
            .into_any();
    }
    let rows = lines.iter().map(|line| {
        let what = match line.execution.is_by_hand() {
            true => "Run by hand",
            false => "Slot",
        };
        view! {
            <tr>
                <th scope="row" data-label="When">{moment(line.at.clone())}</th>
                <td data-label="What">{what}</td>
                <td data-label="Outcome">{execution(&line.execution)}</td>
                <td class="long" data-label="What happened"><span>{told(&line.execution)}</span></td>
            </tr>
        }
    });
    view! {
        <table class="data-table data-table-roomy">
            <caption class="sr-only">"What became of the newest slots, and what was run by hand, newest first"</caption>
            <thead>
                <tr>
                    <th scope="col">"When"</th>
                    <th scope="col">"What"</th>
                    <th scope="col">"Outcome"</th>
                    <th scope="col">"What happened"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn told(execution: &Execution) -> AnyView {
    match execution {
        Execution::Run { run_id, by, .. } => {
            let who = match by {
                None => "By schedule. ".to_owned(),
                Some(how) => format!("{} ", how.in_words()),
            };
            view! { {who} <a class="link" href=link::run(*run_id)>"View run"</a> }.into_any()
        }
        Execution::Skipped { reason, run_id } => {
            let run = run_id.map(|run| {
                view! { " " <a class="link" href=link::run(run)>"View that run"</a> }
            });
            view! { {reason.in_words()} {run} }.into_any()
        }
        Execution::Missed { slots: 1, .. } => {
            "No scheduler was there when it came, so it was left out.".into_any()
        }
        Execution::Missed { slots, last } => {
            let last = last.clone().unwrap_or_default();
            format!("{slots} slots up to {last}: no scheduler was there, so they were left out.")
                .into_any()
        }
    }
}
