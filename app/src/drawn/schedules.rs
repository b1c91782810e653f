//! The schedules of a tenant.

use domain::{
    badge::{Icon, Tone},
    link,
    schedule::ScheduleState,
    views::{
        Execution, ExecutionView, ScheduleFault, ScheduleFormView, ScheduleRowView, SchedulesView,
        SlotMoment,
    },
};
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{notice, section},
    schedule_form::new_form,
};
use crate::{
    api::drawn::Drawn,
    ui::badge::{RunBadge, ToneBadge},
};

/// The list.
pub(super) fn page(view: SchedulesView, asked: &Asked) -> Drawn {
    let (tenant, name) = (view.tenant.id, view.tenant.name);
    let new = view.can_create.then(|| {
        view! { <a class="btn btn-sm btn-primary" href=link::new_schedule(tenant)>"New schedule"</a> }
    });
    let hidden = (view.hidden > 0).then(|| {
        view! {
            <p class="mt-2 quiet">
                {format!("{} more start operations whose runs you may not view.", view.hidden)}
            </p>
        }
    });
    let is_empty = view.rows.is_empty();
    let lines = view.rows.into_iter();
    let lines = lines.map(|row| line(row, link::schedule, tenant));
    let list = if is_empty {
        let why = if view.can_create {
            "Nothing runs here by itself yet. A schedule starts an operation every day, or on chosen days of the week."
        } else {
            "Nothing runs here by itself yet. Who manages this tenant can make a schedule."
        };
        view! { <p class="my-2 quiet">{why}</p> }.into_any()
    } else {
        view! {
            <table class="data-table data-table-roomy">
                <caption class="sr-only">"Schedules, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Schedule"</th>
                        <th scope="col">"Runs"</th>
                        <th scope="col">"Next slot"</th>
                        <th scope="col">"Last slot"</th>
                    </tr>
                </thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    drawn(
        format!("Schedules of {name}"),
        "What runs here by itself, on the system's own authority.",
        view! {
            <div class="flex flex-wrap items-center justify-between gap-2 mb-3">
                <a class="link" href=link::tenant(tenant)>{format!("Back to {name}")}</a>
                {new}
            </div>
            {notice(asked, "deleted", "The schedule is deleted. What it had queued and not started is blocked; the runs it made stay.")}
            {section("list", "Schedules", view! { {list} {hidden} })}
        },
    )
}

/// The page on which a schedule is made.
pub(super) fn new_page(view: ScheduleFormView, asked: &Asked) -> Drawn {
    let (tenant, name) = (view.tenant.id, view.tenant.name.clone());
    let content = if view.operations.is_empty() {
        view! { <p class="my-2">"You may start none of the operations that can run by schedule."</p> }
            .into_any()
    } else {
        new_form(view, asked)
    };
    drawn(
        format!("New schedule in {name}"),
        "An operation that starts by itself. The gate asks about the tenant each time it does.",
        view! {
            <p class="mb-3"><a class="link" href=link::schedules(tenant)>"Back to the schedules"</a></p>
            {section("new", "New schedule", content)}
        },
    )
}

fn line(
    row: ScheduleRowView,
    address: fn(domain::ids::TenantId, domain::ids::ScheduleId) -> String,
    tenant: domain::ids::TenantId,
) -> impl IntoView {
    let state = state(row.state);
    let fault = row.fault.as_ref().map(cannot_run);
    let next = match row.next {
        Some(at) => moment(at),
        None if row.fault.is_some() => {
            view! { <span class="quiet">"None: it cannot run"</span> }.into_any()
        }
        None if row.state == ScheduleState::Paused => {
            view! { <span class="quiet">"None while paused"</span> }.into_any()
        }
        None => view! { <span class="quiet">"None"</span> }.into_any(),
    };
    view! {
        <tr data-schedule=row.id.to_string()>
            <th scope="row" data-label="Schedule">
                <div class="flex flex-wrap items-center gap-2">
                    <a class="link" href=address(tenant, row.id)>{row.name}</a>
                    {state}
                    {fault}
                </div>
            </th>
            <td data-label="Runs"><div>{row.operation}<br /><span class="quiet">{row.rule}</span></div></td>
            <td data-label="Next slot">{next}</td>
            <td class="brief" data-label="Last slot">{last(row.last)}</td>
        </tr>
    }
}

/// The newest slot, and the ones before it in numbers.
fn last(all: Vec<ExecutionView>) -> AnyView {
    let count = all.len();
    let well = all.iter().filter(|line| is_well(&line.execution)).count();
    let Some(newest) = all.into_iter().next() else {
        return view! { <span class="quiet">"None yet"</span> }.into_any();
    };
    let summary = (count > 1).then(|| {
        let words = format!("{well} of the last {count} succeeded");
        view! { <span class="quiet">{words}</span> }
    });
    view! { <div class="grid gap-1 justify-items-start">{execution(&newest.execution)}{summary}</div> }
        .into_any()
}

fn is_well(execution: &Execution) -> bool {
    matches!(execution, Execution::Run { state, .. } if state.outcome == domain::run::RunOutcome::Succeeded)
}

/// What became of a slot, as a badge that leads to its run.
pub(super) fn execution(execution: &Execution) -> AnyView {
    match execution {
        Execution::Run {
            run_id,
            state,
            waits,
            ..
        } => {
            let (href, state) = (link::run(*run_id), *state);
            let waits = waits.map(|it| view! { " " <span class="quiet">{it.short()}</span> });
            view! { <a class="link" href=href aria-label="View run"><RunBadge state /></a> {waits} }
                .into_any()
        }
        Execution::Skipped { .. } => view! {
            <ToneBadge label="Skipped" icon=Icon::CircleSlash tone=Tone::NeutralOutline />
        }
        .into_any(),
        Execution::Missed { .. } => {
            view! { <ToneBadge label="Missed" icon=Icon::CircleX tone=Tone::WarningOutline /> }
                .into_any()
        }
    }
}

/// That a schedule cannot run, as a badge, and why.
pub(super) fn cannot_run(fault: &ScheduleFault) -> AnyView {
    let why = fault.why.clone();
    view! {
        <span class="inline-flex flex-wrap items-center gap-2" data-fault>
            <ToneBadge label="Cannot run" icon=Icon::CircleX tone=Tone::Danger />
            <span class="quiet">{why}</span>
        </span>
    }
    .into_any()
}

/// Whether a schedule takes slots, as a badge; that it does goes without saying.
pub(super) fn state(state: ScheduleState) -> Option<AnyView> {
    (state == ScheduleState::Paused).then(|| {
        view! { <ToneBadge label="Paused" icon=Icon::CirclePause tone=Tone::NeutralOutline /> }
            .into_any()
    })
}

/// A moment in the schedule's zone, and below it in the viewer's.
pub(super) fn moment(at: SlotMoment) -> AnyView {
    let here = at
        .here
        .map(|here| view! { <br /> <span class="quiet">{here}</span> });
    view! { <time class="slot-moment" datetime=at.at.iso()>{at.there}{here}</time> }.into_any()
}
