//! How a person wants pages to look: kept in cookies that the server alone reads.
//!
//! The server writes both onto the document's root, so that the first paint is right and no script is needed;
//! the browser reads them from there.

/// Whether pages are light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the person's system says.
    System,
    /// Ink on paper.
    Light,
    /// Lamp-lit paper.
    Dark,
}

impl Theme {
    /// Every theme, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the cookie and in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The stylesheet's name for it; the system's choice has none.
    pub const fn in_document(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("atlas"),
            Self::Dark => Some("atlas-dark"),
        }
    }
}

/// The columns of the operations table that can be left out, by word and heading.
pub const COLUMNS: [(&str, &str); 4] = [
    ("target", "Target"),
    ("initiator", "Started by"),
    ("queued", "Queued"),
    ("duration", "Duration"),
];

/// The attribute of the document's root that names the theme.
pub const THEME: &str = "data-theme";
/// The attribute of the document's root that names the columns left out.
pub const HIDDEN: &str = "data-without";

/// The theme of this document.
pub fn theme() -> Theme {
    let named = on_root(THEME);
    let all = Theme::ALL.into_iter();
    all.filter(|theme| theme.in_document().is_some())
        .find(|theme| theme.in_document() == named.as_deref())
        .unwrap_or(Theme::System)
}

/// Whether a column is left out in this document.
pub fn is_hidden(column: &str) -> bool {
    on_root(HIDDEN).is_some_and(|hidden| hidden.split(' ').any(|word| word == column))
}

#[cfg(feature = "ssr")]
use crate::request::on_root;

/// What the server wrote onto the document's root.
#[cfg(not(feature = "ssr"))]
fn on_root(attribute: &str) -> Option<String> {
    let root = leptos::prelude::document().document_element();
    root.and_then(|root| root.get_attribute(attribute))
}
