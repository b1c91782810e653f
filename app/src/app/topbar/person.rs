//! Who is signed in, and the way out.

use domain::views::HeaderView;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::session::SignOut,
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
                <PostForm action=SignOut::PATH>
                    <button type="submit" class="btn btn-sm w-full mt-2">"Sign out"</button>
                </PostForm>
            </div>
        </details>
    }
}
