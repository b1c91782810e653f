//! Pictures: own inline SVG in the geometry of the Lucide set (ISC licence), so that the bundle stays small.

use domain::badge::Icon as State;
use leptos::prelude::*;

/// The picture of a state; a badge's word says the same.
#[component]
pub fn Icon(
    /// Which picture.
    icon: State,
) -> impl IntoView {
    let moves = matches!(icon, State::Loader).then_some("icon icon-turning");
    picture(state_paths(icon), moves.unwrap_or("icon"))
}

/// A picture of the frame: never the only carrier of a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// Notifications.
    Bell,
    /// Search.
    Search,
    /// Goes on.
    ChevronRight,
    /// Opens.
    ChevronDown,
    /// Tenants.
    Building,
    /// Operations.
    Activity,
    /// Inventory.
    Boxes,
    /// Schedules.
    Calendar,
    /// Members.
    Users,
    /// The person.
    Person,
    /// The fold of the rail.
    Menu,
    /// Pause.
    Pause,
    /// Go on.
    Play,
    /// Look again.
    Refresh,
    /// Close.
    Close,
    /// Worth knowing.
    Info,
    /// Needs care.
    Warning,
    /// Empty.
    Inbox,
}

/// A picture of the frame.
#[component]
pub fn GlyphIcon(
    /// Which picture.
    glyph: Glyph,
) -> impl IntoView {
    picture(glyph_paths(glyph), "icon")
}

fn picture(paths: &'static str, class: &'static str) -> impl IntoView {
    view! {
        <svg
            class=class
            viewBox="0 0 24 24"
            width="16"
            height="16"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=paths
        ></svg>
    }
}

const fn state_paths(icon: State) -> &'static str {
    match icon {
        State::Clock => r#"<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/>"#,
        State::Loader => {
            r#"<path d="M12 2v4"/><path d="m16.2 7.8 2.9-2.9"/><path d="M18 12h4"/><path d="m16.2 16.2 2.9 2.9"/><path d="M12 18v4"/><path d="m4.9 19.1 2.9-2.9"/><path d="M2 12h4"/><path d="m4.9 4.9 2.9 2.9"/>"#
        }
        State::CircleCheck => r#"<circle cx="12" cy="12" r="10"/><path d="m9 12 2 2 4-4"/>"#,
        State::CircleSlash => r#"<circle cx="12" cy="12" r="10"/><path d="M9 15l6-6"/>"#,
        State::ShieldBan => {
            r#"<path d="M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z"/><path d="m4.24 5.21 14.39 12.47"/>"#
        }
        State::CircleX => {
            r#"<circle cx="12" cy="12" r="10"/><path d="m15 9-6 6"/><path d="m9 9 6 6"/>"#
        }
        State::Ban => r#"<circle cx="12" cy="12" r="10"/><path d="m4.9 4.9 14.2 14.2"/>"#,
        State::CircleHelp => {
            r#"<circle cx="12" cy="12" r="10"/><path d="M9.09 9a3 3 0 0 1 5.83 1c0 2-3 3-3 3"/><path d="M12 17h.01"/>"#
        }
        State::CirclePause => {
            r#"<circle cx="12" cy="12" r="10"/><path d="M10 15V9"/><path d="M14 15V9"/>"#
        }
        State::CircleDashed => r#"<circle cx="12" cy="12" r="10" stroke-dasharray="3.5 4.35"/>"#,
    }
}

const fn glyph_paths(glyph: Glyph) -> &'static str {
    match glyph {
        Glyph::Bell => {
            r#"<path d="M10.27 21a2 2 0 0 0 3.46 0"/><path d="M3.26 15.33A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.67C19.41 13.96 18 12.5 18 8A6 6 0 0 0 6 8c0 4.5-1.41 5.96-2.74 7.33"/>"#
        }
        Glyph::Search => r#"<circle cx="11" cy="11" r="8"/><path d="m21 21-4.3-4.3"/>"#,
        Glyph::ChevronRight => r#"<path d="m9 18 6-6-6-6"/>"#,
        Glyph::ChevronDown => r#"<path d="m6 9 6 6 6-6"/>"#,
        Glyph::Building => {
            r#"<path d="M6 22V4a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v18Z"/><path d="M6 12H4a2 2 0 0 0-2 2v8h4"/><path d="M18 9h2a2 2 0 0 1 2 2v11h-4"/><path d="M10 6h4"/><path d="M10 10h4"/><path d="M10 14h4"/><path d="M10 18h4"/>"#
        }
        Glyph::Activity => {
            r#"<path d="M22 12h-2.48a2 2 0 0 0-1.93 1.46l-2.35 8.36a.25.25 0 0 1-.48 0L9.24 2.18a.25.25 0 0 0-.48 0l-2.35 8.36A2 2 0 0 1 4.49 12H2"/>"#
        }
        Glyph::Boxes => {
            r#"<path d="M21 8a2 2 0 0 0-1-1.73l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 1.73l7 4a2 2 0 0 0 2 0l7-4A2 2 0 0 0 21 16Z"/><path d="m3.3 7 8.7 5 8.7-5"/><path d="M12 22V12"/>"#
        }
        Glyph::Calendar => {
            r#"<rect x="3" y="4" width="18" height="18" rx="2"/><path d="M8 2v4"/><path d="M16 2v4"/><path d="M3 10h18"/><path d="m9 16 2 2 4-4"/>"#
        }
        Glyph::Users => {
            r#"<path d="M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"/><circle cx="9" cy="7" r="4"/><path d="M22 21v-2a4 4 0 0 0-3-3.87"/><path d="M16 3.13a4 4 0 0 1 0 7.75"/>"#
        }
        Glyph::Person => {
            r#"<path d="M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2"/><circle cx="12" cy="7" r="4"/>"#
        }
        Glyph::Menu => r#"<path d="M4 6h16"/><path d="M4 12h16"/><path d="M4 18h16"/>"#,
        Glyph::Pause => {
            r#"<rect x="14" y="4" width="4" height="16" rx="1"/><rect x="6" y="4" width="4" height="16" rx="1"/>"#
        }
        Glyph::Play => r#"<path d="m6 3 14 9-14 9z"/>"#,
        Glyph::Refresh => {
            r#"<path d="M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8"/><path d="M21 3v5h-5"/><path d="M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16"/><path d="M8 16H3v5"/>"#
        }
        Glyph::Close => r#"<path d="M18 6 6 18"/><path d="m6 6 12 12"/>"#,
        Glyph::Info => {
            r#"<circle cx="12" cy="12" r="10"/><path d="M12 16v-4"/><path d="M12 8h.01"/>"#
        }
        Glyph::Warning => {
            r#"<path d="m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3"/><path d="M12 9v4"/><path d="M12 17h.01"/>"#
        }
        Glyph::Inbox => {
            r#"<path d="M22 12h-6l-2 3h-4l-2-3H2"/><path d="M5.45 5.11 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.45-6.89A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11z"/>"#
        }
    }
}
