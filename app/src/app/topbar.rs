//! The slim bar: where one stands, search, the bell, the person.

mod context;
mod person;

use domain::{link, views::HeaderView};
use leptos::{html, prelude::*};
use leptos_router::hooks::use_location;

use self::{
    context::{TenantChip, WorkspaceChip},
    person::PersonMenu,
};
use super::rail::Places;
use crate::ui::icon::{Glyph, GlyphIcon};

/// The top bar.
#[component]
pub fn TopBar(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    view! {
        <header class="topbar">
            <SmallMenu header />
            <WorkspaceChip header />
            <TenantChip header />
            <Search />
            <Bell header />
            <PersonMenu header />
        </header>
    }
}

/// The rail, folded, for narrow windows.
#[component]
fn SmallMenu(header: Signal<HeaderView>) -> impl IntoView {
    let fold = NodeRef::<html::Details>::new();
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        if let Some(fold) = fold.get_untracked() {
            fold.set_open(false);
        }
    });
    view! {
        <details class="small-menu" node_ref=fold>
            <summary class="btn btn-sm btn-ghost btn-square" aria-label="Menu">
                <GlyphIcon glyph=Glyph::Menu />
            </summary>
            <nav class="floating" aria-label="Main, folded">
                <Places header />
            </nav>
        </details>
    }
}

/// Finds a run by its id, or runs by a tenant's or a person's name.
#[component]
fn Search() -> impl IntoView {
    view! {
        <form class="topbar-search" role="search" method="get" action=link::OPERATIONS>
            <label class="sr-only" for="search">"Find runs"</label>
            <input
                id="search"
                class="input input-sm w-full"
                type="search"
                name="q"
                placeholder="Run id, tenant or person"
            />
            <button type="submit" class="btn btn-sm btn-ghost btn-square" aria-label="Search">
                <GlyphIcon glyph=Glyph::Search />
            </button>
        </form>
    }
}

/// The bell with the number of unread notifications.
#[component]
fn Bell(header: Signal<HeaderView>) -> impl IntoView {
    let unread = Memo::new(move |_| header.with(|header| header.unread));
    let label = move || match unread.get() {
        0 => "Notifications".to_owned(),
        count => format!("Notifications, {count} unread"),
    };
    let number = move || match unread.get() {
        0 => String::new(),
        count @ 1..=99 => count.to_string(),
        _ => "99+".to_owned(),
    };
    view! {
        <a class="btn btn-sm btn-ghost bell" href=link::NOTIFICATIONS aria-label=label data-bell>
            <GlyphIcon glyph=Glyph::Bell />
            <span class="bell-count" class:hidden=move || unread.get() == 0>{number}</span>
        </a>
    }
}
