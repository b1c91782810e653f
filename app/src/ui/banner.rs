//! The one combined banner of a record (V-04).

use domain::banner::BannerLine;
use leptos::prelude::*;

use super::icon::{Glyph, GlyphIcon};

/// All lines in one banner, most severe first; nothing without lines.
#[component]
pub fn Banner(
    /// The lines.
    lines: Vec<BannerLine>,
) -> impl IntoView {
    let kinds: Vec<_> = lines.iter().map(|line| line.kind.clone()).collect();
    let line = |line: BannerLine| view! { <p data-banner=line.kind>{line.text}</p> };
    (!lines.is_empty()).then(|| {
        view! {
            <section class="banner tone-info my-3" aria-label="Context" data-banners=kinds.join(" ")>
                <GlyphIcon glyph=Glyph::Info />
                <div class="grid gap-1">{lines.into_iter().map(line).collect_view()}</div>
            </section>
        }
    })
}
