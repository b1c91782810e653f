//! `/admin/choose-tenant`: a page needs a tenant and none is selected (V-09).

use domain::{
    link,
    views::{TenantRowView, TenantsView},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

use super::tenants::no_tenants;
use crate::{
    api::{
        frame::{Ask, SelectTenant},
        tenants::tenants_page,
    },
    ui::{
        action::PostForm,
        badge::LifecycleBadge,
        page::{Page, load},
    },
};

/// Selecting a tenant.
#[component]
pub fn ChooseTenantPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| tenants_page(Ask::Page));
    let query = use_query_map();
    let next = Memo::new(move |_| {
        let next = query.read().get("next").unwrap_or_default();
        link::safe_next(&next).map(str::to_owned)
    });
    load(page, move |view| {
        view! { <Choice view next=next.get() /> }.into_any()
    })
}

#[component]
fn Choice(view: TenantsView, next: Option<String>) -> impl IntoView {
    let content = if view.rows.is_empty() {
        no_tenants(view.can_create)
    } else {
        let rows = view.rows.into_iter().map(|row| line(row, next.clone()));
        let rows = rows.collect_view();
        view! { <ul class="panel grid gap-2">{rows}</ul> }.into_any()
    };
    view! {
        <Page title="Choose a tenant" subtitle="The page you wanted is about one tenant, and none is selected.">
            {content}
        </Page>
    }
}

fn line(row: TenantRowView, next: Option<String>) -> impl IntoView {
    let next = next.unwrap_or_else(|| link::tenant(row.id));
    let id = row.id.to_string();
    let select = if row.lifecycle.is_selectable() {
        let label = format!("Select {}", row.name);
        view! {
            <PostForm action=SelectTenant::PATH>
                <input type="hidden" name="tenant" value=id />
                <input type="hidden" name="next" value=next />
                <button type="submit" class="btn btn-sm btn-primary" aria-label=label>"Select"</button>
            </PostForm>
        }
        .into_any()
    } else {
        view! { <span class="quiet">"Cannot be selected, only viewed"</span> }.into_any()
    };
    view! {
        <li class="flex flex-wrap items-center gap-3">
            <a class="link grow" href=link::tenant(row.id)>{row.name}</a>
            <LifecycleBadge lifecycle=row.lifecycle />
            {select}
        </li>
    }
}
