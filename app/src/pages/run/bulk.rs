//! The items of a bulk run: each tenant, what became of it, and the way to its run.

use domain::{
    badge::{Badge, Icon, Tone, run_badge},
    bulk::BulkState,
    link,
    run::{RunOutcome, RunState, RunStatus},
    views::{BulkItemView, RunView},
};
use leptos::prelude::*;

use crate::ui::badge::ToneBadge;

/// The items, one a tenant, and the way to them in the list; nothing for any other run.
#[component]
pub fn BulkItems(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let items = Memo::new(move |_| run.with(|run| run.bulk.clone().unwrap_or_default()));
    let list = link::operations_of_bulk(run.with_untracked(|run| run.id));
    view! {
        <Show when=move || !items.with(Vec::is_empty)>
            <section class="panel" aria-labelledby="tenants">
                <h2 id="tenants">"Tenants"</h2>
                <p class="mt-1"><a class="link" href=list.clone()>"Show their runs in the list"</a></p>
                <table class="data-table mt-2">
                    <caption class="sr-only">"What became of each tenant"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Tenant"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Reason"</th>
                            <th scope="col"><span class="sr-only">"Link"</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || items.get() key=|item| item.tenant_id let:item>
                            <Item items item />
                        </For>
                    </tbody>
                </table>
            </section>
        </Show>
    }
}

#[component]
fn Item(items: Memo<Vec<BulkItemView>>, item: BulkItemView) -> impl IntoView {
    let (id, name) = (item.tenant_id, item.tenant.clone());
    let live = Memo::new(move |_| {
        let found = items.with(|items| items.iter().find(|other| other.tenant_id == id).cloned());
        found.unwrap_or_else(|| item.clone())
    });
    view! {
        <tr data-tenant=id.to_string()>
            <th scope="row" data-label="Tenant">
                <a class="link" href=link::tenant(id)>{name}</a>
            </th>
            <td data-label="State">{move || live.with(state)}</td>
            <td class="long" data-label="Reason" data-empty=move || live.with(is_without_reason).to_string()>{move || live.with(why)}</td>
            <td data-label="" data-empty=move || live.with(|item| item.run_id.is_none()).to_string()>{move || live.with(way)}</td>
        </tr>
    }
}

fn state(item: &BulkItemView) -> impl IntoView + use<> {
    let Badge { label, icon, tone } = badge(item.state);
    view! { <ToneBadge label icon tone /> }
}

/// An item whose run tells it looks as that run does.
fn badge(state: BulkState) -> Badge {
    let over = |outcome| {
        run_badge(RunState {
            status: RunStatus::Completed,
            outcome,
        })
    };
    let open = |status| {
        run_badge(RunState {
            status,
            outcome: RunOutcome::Pending,
        })
    };
    let own = |label: &str, icon, tone| Badge {
        label: label.to_owned(),
        icon,
        tone,
    };
    match state {
        BulkState::Waiting => own("Not asked for yet", Icon::CircleDashed, Tone::Neutral),
        BulkState::Queued => open(RunStatus::Queued),
        BulkState::Running => open(RunStatus::Running),
        BulkState::Succeeded => over(RunOutcome::Succeeded),
        BulkState::PartiallySucceeded => over(RunOutcome::PartiallySucceeded),
        BulkState::Failed => over(RunOutcome::Failed),
        BulkState::Blocked => over(RunOutcome::Blocked),
        BulkState::Cancelled => over(RunOutcome::Cancelled),
        BulkState::Indeterminate => over(RunOutcome::Indeterminate),
        BulkState::Skipped => own("Skipped", Icon::Ban, Tone::NeutralOutline),
        BulkState::NotStarted => own("Not started", Icon::Ban, Tone::NeutralOutline),
    }
}

const fn is_without_reason(item: &BulkItemView) -> bool {
    item.reason.is_none() && item.reason_code.is_none()
}

fn why(item: &BulkItemView) -> impl IntoView + use<> {
    let reason = item.reason.clone();
    let code = item.reason_code.clone();
    view! {
        <span>{reason} " " {code.map(|code| view! { <code>{code}</code> })}</span>
    }
}

fn way(item: &BulkItemView) -> impl IntoView + use<> {
    let label = format!("View run: connection check of {}", item.tenant);
    item.run_id.map(|id| {
        view! { <a class="link whitespace-nowrap" href=link::run(id) aria-label=label>"View run"</a> }
    })
}
