//! Where one can go.

use domain::{
    link,
    views::{HeaderView, NamedTenant},
};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::ui::icon::{Glyph, GlyphIcon};

/// The left rail; below 768 px the top bar's menu stands in for it.
#[component]
pub fn Rail(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    view! {
        <nav class="rail" aria-label="Main">
            <a class="rail-brand" href=link::TENANTS>
                <span class="rail-mark" aria-hidden="true"></span>
                "TenantAtlas"
            </a>
            <Places header />
        </nav>
    }
}

/// The places, in groups.
#[component]
pub fn Places(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    let tenant = Memo::new(move |_| header.with(|header| header.tenant.clone()));
    let manages =
        Memo::new(move |_| header.with(|header| (header.manages_settings, header.manages_members)));
    view! {
        <p class="rail-group">"Monitoring"</p>
        <Place href=link::OPERATIONS.to_owned() glyph=Glyph::Activity label="Operations" />
        <Place href=link::NOTIFICATIONS.to_owned() glyph=Glyph::Bell label="Notifications" />
        <p class="rail-group">"Tenants"</p>
        <Place href=link::TENANTS.to_owned() glyph=Glyph::Building label="All tenants" exact=true />
        {move || match tenant.get() {
            Some(tenant) => view! { <OfTenant tenant /> }.into_any(),
            None => view! {
                <Place href=link::SELECTED_INVENTORY.to_owned() glyph=Glyph::Boxes label="Inventory" />
            }
            .into_any(),
        }}
        {move || {
            let (settings, members) = manages.get();
            (settings || members).then(|| view! { <OfWorkspace settings members /> })
        }}
    }
}

/// The selected tenant by name, and its own places.
#[component]
fn OfTenant(tenant: NamedTenant) -> impl IntoView {
    view! {
        <p class="rail-group">"Selected tenant"</p>
        <p class="rail-tenant" title=tenant.name.clone()>{tenant.name.clone()}</p>
        <Place href=link::tenant(tenant.id) glyph=Glyph::ChevronRight label="Overview" exact=true />
        <Place href=link::tenant_inventory(tenant.id) glyph=Glyph::Boxes label="Inventory" />
        <Place href=link::schedules(tenant.id) glyph=Glyph::Calendar label="Schedules" />
    }
}

/// The selected workspace's own places.
#[component]
fn OfWorkspace(settings: bool, members: bool) -> impl IntoView {
    view! {
        <p class="rail-group">"Settings"</p>
        {settings.then(|| view! {
            <Place href=link::WORKSPACE.to_owned() glyph=Glyph::Building label="Workspace" exact=true />
        })}
        {members.then(|| view! {
            <Place href=link::WORKSPACE_MEMBERS.to_owned() glyph=Glyph::Users label="Workspace members" />
        })}
    }
}

#[component]
fn Place(
    href: String,
    glyph: Glyph,
    label: &'static str,
    #[prop(optional)] exact: bool,
) -> impl IntoView {
    view! {
        <A href=href exact=exact attr:class="rail-item">
            <GlyphIcon glyph />
            <span>{label}</span>
        </A>
    }
}
