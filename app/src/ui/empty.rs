//! Emptiness explains: what would be here, why it is not, what to do.

use leptos::prelude::*;

use super::icon::{Glyph, GlyphIcon};

/// A place without content.
#[component]
pub fn Empty(
    /// What is not there.
    #[prop(into)]
    title: String,
    /// What would be here, and why it is not.
    #[prop(into)]
    text: String,
    /// What to do.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty panel">
            <span class="quiet"><GlyphIcon glyph=Glyph::Inbox /></span>
            <h2>{title}</h2>
            <p class="quiet">{text}</p>
            {children.map(|children| view! { <div class="mt-2">{children()}</div> })}
        </div>
    }
}
