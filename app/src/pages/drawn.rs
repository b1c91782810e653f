//! Pages whose content the server draws.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    api::drawn::{Drawn, drawn},
    drawn::Place,
    ui::page::{Page, load},
};

/// A drawn page within the frame; an address that is none of ours is not found here.
#[component]
pub fn DrawnPage() -> impl IntoView {
    let page = Resource::new(asked(), drawn);
    load(page, |drawn| view! { <Whole drawn /> }.into_any())
}

/// A drawn page outside of the frame.
#[component]
pub fn DrawnDoor() -> impl IntoView {
    let page = Resource::new(asked(), drawn);
    view! {
        <main class="page door">
            <div class="panel">
                <p class="rail-brand"><span class="rail-mark" aria-hidden="true"></span> "TenantAtlas"</p>
                {load(page, |drawn| view! { <Whole drawn /> }.into_any())}
            </div>
        </main>
    }
}

/// The path to draw. It moves to other drawn pages alone: the page that is left must not ask for the next one.
fn asked() -> impl Fn() -> String + Send + Sync + 'static {
    let location = use_location();
    let asked = Memo::new(move |before: Option<&String>| {
        let (path, search) = (location.pathname.get(), location.search.get());
        match before {
            Some(before) if Place::parse(&path).is_none() => before.clone(),
            _ => format!("{path}?{}", search.trim_start_matches('?')),
        }
    });
    move || asked.get()
}

#[component]
fn Whole(drawn: Drawn) -> impl IntoView {
    view! {
        <Page title=drawn.title subtitle=drawn.subtitle>
            <div inner_html=drawn.html></div>
        </Page>
    }
}
