//! `/admin/tenants/:id`: one tenant.

mod connection;
mod danger;
mod inventory;
mod life;
mod queue;
mod recent;
mod report;
mod starts;

use domain::{
    error::ApiError,
    link,
    time::Timestamp,
    views::{Live, TenantView},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};

use self::{
    connection::Connection,
    danger::Danger,
    inventory::Inventory,
    life::{IntoService, Lifecycle, SettingsLink},
    queue::{PauseQueuePanel, Paused},
    recent::Recent,
    report::Report,
    starts::{StartedNotice, Starts},
};
use crate::{
    api::{frame::SelectTenant, tenant::tenant_page},
    ui::{
        action::PostForm,
        error::ErrorPage,
        live::{LiveControls, LiveView, use_live},
        page::{Page, load},
    },
};

/// What every part of the page sees.
type Tenant = LiveView<TenantView>;

/// The page of one tenant.
#[component]
pub fn TenantPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let id = params.read().get("id").unwrap_or_default();
        (id, query.read().get("started"))
    });
    let page = Resource::new(
        move || asked.get(),
        |(id, started)| tenant_page(id, started, None),
    );
    load(page, |answer| match answer {
        Live::Changed(view) => view! { <Overview view /> }.into_any(),
        // Nothing was shown before, so there is nothing that could be unchanged.
        Live::Unchanged { .. } => view! { <ErrorPage error=ApiError::NotFound /> }.into_any(),
    })
}

#[component]
fn Overview(view: TenantView) -> impl IntoView {
    let title = view.name.clone();
    let subtitle = format!("Your role here: {}.", view.role.label());
    let started = view.started.clone();
    let id = view.id.to_string();
    let live = use_live(view, is_active, move |version| {
        tenant_page(id.clone(), None, Some(version))
    });
    view! {
        <Page title subtitle actions=move || view! { <Selection live /> }>
            <StartedNotice started />
            <div class="flex flex-wrap items-center gap-3 mb-3">
                <Lifecycle live />
                <LiveControls live />
            </div>
            <Paused live />
            <IntoService live />
            <Starts live />
            <div class="grid gap-4 lg:grid-cols-2 items-start">
                <Connection live />
                <div class="grid gap-4">
                    <Report live />
                    <Inventory live />
                </div>
            </div>
            <Recent live />
            <PauseQueuePanel live />
            <Danger live />
        </Page>
    }
}

fn is_active(view: &TenantView) -> bool {
    let started = view.starts.iter().any(|start| start.active_run.is_some());
    started || view.recent.iter().any(|run| !run.state.is_over())
}

/// Server time of the newest answer.
fn now(live: Tenant) -> Signal<Timestamp> {
    live.now
}

/// Whether this is the selected tenant, the way to select it, and its members.
#[component]
fn Selection(live: Tenant) -> impl IntoView {
    let (id, manages) = live
        .view
        .with_untracked(|view| (view.id, view.manages_members));
    let standing = Memo::new(move |_| {
        live.view
            .with(|view| (view.is_selected, view.lifecycle.is_selectable()))
    });
    let select = move || match standing.get() {
        (true, _) => view! { <span class="chip">"Selected tenant"</span> }.into_any(),
        (false, true) => view! {
            <PostForm action=SelectTenant::PATH>
                <input type="hidden" name="tenant" value=id.to_string() />
                <input type="hidden" name="next" value=link::tenant(id) />
                <button type="submit" class="btn btn-sm">"Select this tenant"</button>
            </PostForm>
        }
        .into_any(),
        (false, false) => ().into_any(),
    };
    let members = manages
        .then(|| view! { <a class="btn btn-sm" href=link::tenant_members(id)>"Members"</a> });
    view! {
        {select}
        <a class="btn btn-sm" href=link::operations_of(id)>"Operations"</a>
        <a class="btn btn-sm" href=link::schedules(id)>"Schedules"</a>
        {members}
        <SettingsLink live />
    }
}
