//! Pages whose content the server draws.

use domain::{error::ApiError, link};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    api::drawn::{Drawn, drawn},
    drawn::Place,
    ui::{
        copy::copy_named,
        error::ErrorPage,
        page::{Page, load, load_or},
    },
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
                {load_or(page, |drawn| view! { <Whole drawn /> }.into_any(), no_door)}
            </div>
        </main>
    }
}

/// In place of a door that leads nowhere. An invitation is a row until it is used, withdrawn or too old: of
/// one that is gone nobody knows any more than of one that never was, and all are told the same.
fn no_door(error: ApiError) -> AnyView {
    let is_invitation = use_location()
        .pathname
        .with_untracked(|path| path.starts_with("/join/"));
    if error != ApiError::NotFound || !is_invitation {
        return view! { <ErrorPage error /> }.into_any();
    }
    view! {
        <Page title="This link leads nowhere">
            <div class="grid gap-3" data-error="404">
                <p>
                    "An invitation works once and for seven days, and only while whoever made it may invite. "
                    "This one was used, was withdrawn, has run out, or never was one."
                </p>
                <p>"If you used it, sign in. Otherwise ask whoever invited you for a new one."</p>
                <p><a class="btn btn-sm btn-primary" rel="external" href=link::SIGN_IN>"Sign in"</a></p>
            </div>
        </Page>
    }
    .into_any()
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
            <div inner_html=drawn.html on:click=move |event| copy_named(&event)></div>
        </Page>
    }
}
