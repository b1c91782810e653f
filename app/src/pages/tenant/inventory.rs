//! The inventory in numbers.

use domain::{ids::TenantId, link, views::InventoryCount};
use leptos::prelude::*;

use super::{Tenant, now};
use crate::ui::time::Ago;

/// How many objects of each kind; nothing for a person who may not see them.
#[component]
pub fn Inventory(live: Tenant) -> impl IntoView {
    let id = live.view.with_untracked(|view| view.id);
    let counts = Memo::new(move |_| live.view.with(|view| view.inventory.clone()));
    let content = move || {
        match counts.get() {
        None => view! {
            <p class="quiet mt-2">"Your role in this tenant does not include viewing its inventory."</p>
        }
        .into_any(),
        Some(counts) if counts.is_empty() => view! {
            <p class="quiet mt-2">"No inventory is kept. An inventory sync fills this."</p>
        }
        .into_any(),
        Some(counts) => view! { <Counts counts id live /> }.into_any(),
    }
    };
    view! {
        <section class="panel" aria-labelledby="inventory">
            <h2 id="inventory">"Inventory"</h2>
            {content}
        </section>
    }
}

#[component]
fn Counts(counts: Vec<InventoryCount>, id: TenantId, live: Tenant) -> impl IntoView {
    let line = move |count: InventoryCount| {
        view! {
            <dt>{count.label}</dt>
            <dd>
                <strong>{count.count}</strong> " "
                <span class="quiet">"read " <Ago at=count.seen_at now=now(live) /></span>
            </dd>
        }
    };
    view! {
        <dl class="facts mt-2">{counts.into_iter().map(line).collect_view()}</dl>
        <p class="mt-2"><a class="link" href=link::tenant_inventory(id)>"View inventory"</a></p>
    }
}
