//! `/admin/tenants/:id/inventory`: what was read from a tenant, by kind.

use domain::{
    link,
    time::Timestamp,
    views::{InventoryCount, InventoryObjectView, InventoryView},
};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_params_map, use_query_map},
};

use crate::{
    api::{
        frame::{Ask, header},
        inventory::inventory_page,
    },
    ui::{
        empty::Empty,
        page::{Page, load},
        time::Ago,
    },
};

/// One page of the inventory; its whole state is in the URL.
#[component]
pub fn InventoryPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let query = query.read();
        let id = params.read().get("id").unwrap_or_default();
        (
            id,
            query.get("kind"),
            query.get("name").zip(query.get("after")),
        )
    });
    let page = Resource::new(
        move || asked.get(),
        |(id, kind, after)| inventory_page(id, kind, after),
    );
    load(page, |view| view! { <Listing view /> }.into_any())
}

/// The inventory of the selected tenant; without one, a tenant has to be chosen first (V-09).
#[component]
pub fn SelectedInventoryPage() -> impl IntoView {
    let frame = Resource::new(|| (), |()| header(Ask::Page));
    load(frame, |view| {
        let path = match view.tenant {
            Some(tenant) => link::tenant_inventory(tenant.id),
            None => link::choose_tenant_then(link::SELECTED_INVENTORY),
        };
        view! { <Redirect path /> }.into_any()
    })
}

#[component]
fn Listing(view: InventoryView) -> impl IntoView {
    let here = link::tenant_inventory(view.tenant_id);
    let back = format!("Back to {}", view.tenant);
    let kinds = kinds(&view, &here);
    let more = view.next.clone().map(|(name, id)| {
        let href = format!(
            "{here}?kind={}&name={}&after={}",
            link::encode(&view.kind),
            link::encode(&name),
            link::encode(&id)
        );
        view! { <p class="mt-3"><a class="btn btn-sm" href=href>"Next page"</a></p> }
    });
    let content = if view.objects.is_empty() {
        nothing()
    } else {
        view! { <Objects objects=view.objects now=view.as_of /> }.into_any()
    };
    view! {
        <p class="mb-2"><a class="link" href=link::tenant(view.tenant_id)>{back}</a></p>
        <Page title=format!("Inventory of {}", view.tenant) subtitle="What the last syncs read, by kind.">
            <nav class="flex flex-wrap gap-2 mb-3" aria-label="Kinds">{kinds}</nav>
            {content}
            {more}
        </Page>
    }
}

fn kinds(view: &InventoryView, here: &str) -> impl IntoView + use<> {
    let line = |count: &InventoryCount| {
        let href = format!("{here}?kind={}", link::encode(&count.kind));
        let current = (count.kind == view.kind).then_some("page");
        view! {
            <a class="chip chip-link" href=href aria-current=current>
                {count.label.clone()} " " <span class="quiet">{count.count}</span>
            </a>
        }
    };
    view.kinds.iter().map(line).collect_view()
}

fn nothing() -> AnyView {
    view! {
        <Empty
            title="Nothing of this kind"
            text="An inventory sync reads the tenant's groups and policies; this kind was not read yet, or the tenant has none."
        />
    }
    .into_any()
}

#[component]
fn Objects(objects: Vec<InventoryObjectView>, now: Timestamp) -> impl IntoView {
    let rows = objects
        .into_iter()
        .map(|object| line(object, now))
        .collect_view();
    view! {
        <div class="panel panel-flush">
            <table class="data-table">
                <caption class="sr-only">"Objects, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col">"Id"</th>
                        <th scope="col">"Last read"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn line(object: InventoryObjectView, now: Timestamp) -> impl IntoView {
    view! {
        <tr>
            <th scope="row" data-label="Name">{object.name}</th>
            <td data-label="Type">{object.object_type.unwrap_or_else(|| "\u{2013}".to_owned())}</td>
            <td data-label="Id"><code>{object.external_id}</code></td>
            <td data-label="Last read"><Ago at=object.last_seen_at now /></td>
        </tr>
    }
}
