//! The frame around every page of a signed-in person.

use domain::{
    error::ApiError,
    views::{HeaderView, Live},
};
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use super::{rail::Rail, topbar::TopBar};
use crate::{
    api::frame::{Ask, header},
    ui::{
        icon::{Glyph, GlyphIcon},
        live::use_live,
        toast::ToastRegion,
    },
};

/// Rail, top bar, and the page between them.
#[component]
pub fn Frame() -> impl IntoView {
    let frame = Resource::new(|| (), |()| header(Ask::Page));
    view! {
        <a class="skip-link btn btn-sm btn-primary" href="#main" rel="external">"Skip to content"</a>
        <div class="frame">
            <Transition>
                {move || Suspend::new(async move {
                    match frame.await {
                        Ok(view) => view! { <Around view /> }.into_any(),
                        Err(error) => view! { <Bare error=error.0 /> }.into_any(),
                    }
                })}
            </Transition>
            <main id="main" class="page">
                <Outlet />
            </main>
        </div>
        <ToastRegion />
    }
}

/// The frame itself; it polls, so that the bell and the selection stay true.
#[component]
fn Around(view: HeaderView) -> impl IntoView {
    let is_left = RwSignal::new(false);
    let refused = view.refused.clone().map(|text| refused(text, is_left));
    let live = use_live(
        view,
        |_| false,
        |_| async { header(Ask::Poll).await.map(Live::Changed) },
    );
    let path = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        path.track();
        // A new page may follow something that changed the frame, as reading the notifications does.
        if before.is_some() {
            is_left.set(true);
            live.refresh();
        }
    });
    view! {
        <Rail header=live.view />
        <TopBar header=live.view />
        {refused}
    }
}

/// Why a button that posts did nothing; it takes the focus, and goes with the page that it was pressed on.
fn refused(text: String, is_left: RwSignal<bool>) -> impl IntoView {
    let search = use_location().search;
    let is_past = move || is_left.get() || !search.with(|search| search.contains("__err="));
    view! {
        <div class="banner tone-danger" role="alert" tabindex="-1" autofocus hidden=is_past>
            <GlyphIcon glyph=Glyph::Info />
            <p>{text}</p>
        </div>
    }
}

/// The frame of somebody about whom nothing is known.
#[component]
fn Bare(error: ApiError) -> impl IntoView {
    view! {
        <div class="rail"></div>
        <div class="topbar" data-error=error.status().to_string()><strong>"TenantAtlas"</strong></div>
    }
}
