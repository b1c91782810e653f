//! `/admin/tenants`: where a session starts.

use domain::{
    link,
    time::Timestamp,
    views::{Live, RunRowView, TenantRowView, TenantsView},
};
use leptos::prelude::*;

use crate::{
    api::{frame::Ask, tenants::tenants_page},
    ui::{
        badge::{LifecycleBadge, RunBadge, VerificationBadge},
        empty::Empty,
        live::{LiveControls, use_live},
        page::{Page, load},
        time::Ago,
    },
};

/// The tenants of the workspace that the person is entitled to.
#[component]
pub fn TenantsPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| tenants_page(Ask::Page));
    load(page, |view| view! { <Listing view /> }.into_any())
}

#[component]
fn Listing(view: TenantsView) -> impl IntoView {
    let subtitle = format!(
        "The tenants of {} that you are a member of.",
        view.workspace
    );
    let live = use_live(view, is_active, |_| async {
        tenants_page(Ask::Poll).await.map(Live::Changed)
    });
    let now = live.now;
    let rows = Memo::new(move |_| live.view.with(|view| view.rows.clone()));
    let can_create = live.view.with_untracked(|view| view.can_create);
    let can_verify = live.view.with_untracked(|view| view.can_verify);
    let content = move || {
        if rows.with(Vec::is_empty) {
            no_tenants(can_create)
        } else {
            view! { <Table rows now /> }.into_any()
        }
    };
    view! {
        <Page title="Tenants" subtitle actions=move || (can_verify.then(verify), can_create.then(add))>
            <LiveControls live />
            {content}
        </Page>
    }
}

fn is_active(view: &TenantsView) -> bool {
    let under_way = |run: &RunRowView| !run.state.is_over();
    view.rows
        .iter()
        .any(|row| row.last_run.as_ref().is_some_and(under_way))
}

fn add() -> impl IntoView {
    view! { <a class="btn btn-sm" href=link::NEW_TENANT>"Add tenant"</a> }
}

fn verify() -> impl IntoView {
    view! { <a class="btn btn-sm" href=link::VERIFY_TENANTS>"Verify several"</a> }
}

/// Why no tenant is here, and what to do about it.
pub fn no_tenants(can_create: bool) -> AnyView {
    if can_create {
        view! {
            <Empty
                title="No tenants yet"
                text="A tenant is a Microsoft 365 directory that this workspace looks after. Add the first one, connect it, and bring it into service. Tenants of other members appear here when they add you."
            >
                <a class="btn btn-primary" href=link::NEW_TENANT>"Add the first tenant"</a>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            <Empty
                title="No tenants"
                text="You have no membership in any tenant of this workspace. An owner of a tenant can add you; a workspace role alone opens none."
            />
        }
        .into_any()
    }
}

#[component]
fn Table(rows: Memo<Vec<TenantRowView>>, now: Signal<Timestamp>) -> impl IntoView {
    view! {
        <div class="panel panel-flush">
            <table class="data-table">
                <caption class="sr-only">"Tenants, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Tenant"</th>
                        <th scope="col">"Lifecycle"</th>
                        <th scope="col">"Connection"</th>
                        <th scope="col">"Last run"</th>
                        <th scope="col">"Your role"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || rows.get() key=|row| row.id let:first>
                        <Line first rows now />
                    </For>
                </tbody>
            </table>
        </div>
    }
}

/// One row; the row stays, its cells change.
#[component]
fn Line(
    first: TenantRowView,
    rows: Memo<Vec<TenantRowView>>,
    now: Signal<Timestamp>,
) -> impl IntoView {
    let id = first.id;
    let row = Memo::new(move |_| {
        rows.with(|rows| rows.iter().find(|row| row.id == id).cloned())
            .unwrap_or_else(|| first.clone())
    });
    view! {
        <tr data-tenant=id.to_string()>
            <th scope="row" data-label="Tenant">{move || name(&row.get())}</th>
            <td data-label="Lifecycle">
                {move || view! { <LifecycleBadge lifecycle=row.with(|row| row.lifecycle) /> }}
            </td>
            <td data-label="Connection">{move || connection(&row.get())}</td>
            <td data-label="Last run">{move || last_run(row.with(|row| row.last_run.clone()), now)}</td>
            <td data-label="Your role">{move || row.with(|row| row.role.label())}</td>
        </tr>
    }
}

fn name(row: &TenantRowView) -> impl IntoView + use<> {
    let chips = [
        ("Selected", row.is_selected),
        ("Queue paused", row.is_paused),
    ];
    let chips = chips.into_iter().filter(|(_, is_so)| *is_so);
    let chips = chips.map(|(text, _)| view! { <span class="chip">{text}</span> });
    view! {
        <span class="flex flex-wrap items-center gap-2">
            <a class="link font-semibold" href=link::tenant(row.id)>{row.name.clone()}</a>
            {chips.collect_view()}
        </span>
    }
}

fn connection(row: &TenantRowView) -> AnyView {
    match row.verification {
        Some(status) => view! { <VerificationBadge status /> }.into_any(),
        None => view! { <span class="quiet">"No connection"</span> }.into_any(),
    }
}

fn last_run(run: Option<RunRowView>, now: Signal<Timestamp>) -> AnyView {
    let Some(run) = run else {
        return view! { <span class="quiet">"None yet"</span> }.into_any();
    };
    view! {
        <span class="flex flex-wrap items-center gap-2">
            <RunBadge state=run.state />
            <a class="link" href=link::run(run.id)>{run.operation}</a>
            <span class="quiet"><Ago at=run.queued_at now /></span>
        </span>
    }
    .into_any()
}
