//! `/admin/choose-tenant`: a page needs a tenant and none is selected (V-09).

use domain::{
    link,
    views::{TenantRowView, TenantsView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::{
        frame::{Ask, SelectTenant},
        tenants::tenants_page,
    },
    ui::{
        action::PostForm,
        badge::LifecycleBadge,
        empty::Empty,
        page::{Page, load},
    },
};

/// Selecting a tenant.
#[component]
pub fn ChooseTenantPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| tenants_page(Ask::Page));
    load(page, |view| view! { <Choice view /> }.into_any())
}

#[component]
fn Choice(view: TenantsView) -> impl IntoView {
    let content = if view.rows.is_empty() {
        view! {
            <Empty
                title="No tenant"
                text="You have no membership in any tenant of this workspace. An owner of a tenant can add you."
            />
        }
        .into_any()
    } else {
        let rows = view.rows.into_iter().map(line).collect_view();
        view! { <ul class="panel grid gap-2">{rows}</ul> }.into_any()
    };
    view! {
        <Page title="Choose a tenant" subtitle="The page you wanted is about one tenant, and none is selected.">
            {content}
        </Page>
    }
}

fn line(row: TenantRowView) -> impl IntoView {
    let id = row.id.to_string();
    let select = if row.lifecycle.is_selectable() {
        let label = format!("Select {}", row.name);
        view! {
            <PostForm action=SelectTenant::PATH>
                <input type="hidden" name="tenant" value=id />
                <input type="hidden" name="next" value=link::tenant(row.id) />
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
