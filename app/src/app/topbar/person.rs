//! Who is signed in, and the way out.

use domain::{link, views::HeaderView};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::{look::KeepTheme, session::SignOut},
    look::{self, Theme},
    ui::{
        action::PostForm,
        icon::{Glyph, GlyphIcon},
    },
};

/// The person's menu.
#[component]
pub fn PersonMenu(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    let person = Memo::new(move |_| header.with(|header| header.person.clone()));
    let email = Memo::new(move |_| header.with(|header| header.email.clone()));
    view! {
        <details class="person-menu">
            <summary class="btn btn-sm btn-ghost" aria-label=move || format!("Account of {}", person.get())>
                <GlyphIcon glyph=Glyph::Person />
                <span class="person-name">{person}</span>
            </summary>
            <div class="floating floating-end">
                <p class="font-semibold">{person}</p>
                <p class="quiet">{email}</p>
                <a class="menu-item mt-2" href=link::ACCOUNT>"Your account"</a>
                <a class="menu-item" href=link::NEW_WORKSPACE>"Create a workspace"</a>
                <ThemeSwitch />
                <PostForm action=SignOut::PATH>
                    <button type="submit" class="btn btn-sm w-full mt-2">"Sign out"</button>
                </PostForm>
            </div>
        </details>
    }
}

/// Light, dark, or as the system says; each button posts, and the page comes again in its theme.
#[component]
fn ThemeSwitch() -> impl IntoView {
    let now = look::theme();
    let choice = move |theme: Theme| {
        let pressed = (theme == now).to_string();
        view! {
            <button
                type="submit"
                class="btn btn-sm join-item"
                name="theme"
                value=theme.as_str()
                aria-pressed=pressed
            >
                {theme.label()}
            </button>
        }
    };
    view! {
        <PostForm action=KeepTheme::PATH>
            <fieldset class="theme-switch mt-2">
                <legend class="quiet">"Theme"</legend>
                <div class="join mt-1">{Theme::ALL.map(choice)}</div>
            </fieldset>
        </PostForm>
    }
}
