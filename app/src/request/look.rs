//! How the person of the present request wants pages to look.

use super::{cookie, set_cookie};
use crate::look::{COLUMNS, HIDDEN, THEME, Theme};

const THEME_COOKIE: &str = "__Host-theme";
const COLUMNS_COOKIE: &str = "__Host-without";
const ZONE_COOKIE: &str = "__Host-zone";

/// A year: the longest that browsers keep a cookie is not much more.
const KEPT: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000";
const FORGOTTEN: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";

/// An attribute of the document's root, from the cookies; only words of ours ever come out.
pub fn on_root(attribute: &str) -> Option<String> {
    match attribute {
        THEME => {
            let word = cookie(THEME_COOKIE)?;
            let theme = Theme::ALL.into_iter().find(|it| it.as_str() == word)?;
            theme.in_document().map(str::to_owned)
        }
        HIDDEN => {
            let words = cookie(COLUMNS_COOKIE)?;
            let hidden: Vec<_> = COLUMNS
                .iter()
                .map(|(word, _)| *word)
                .filter(|word| words.split('.').any(|it| it == *word))
                .collect();
            (!hidden.is_empty()).then(|| hidden.join(" "))
        }
        _ => None,
    }
}

/// The zone of the person's clock, as their browser named it; who reads it checks that there is such a zone.
pub fn zone() -> Option<String> {
    cookie(ZONE_COOKIE).map(|name| domain::link::decode(&name))
}

/// The line of script with which a browser names its zone; pages are drawn here, and show times of day.
pub fn zone_script() -> String {
    format!(
        "document.cookie = \"{ZONE_COOKIE}=\" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone)\n\
         + \"; Path=/; Secure; SameSite=Lax; Max-Age=31536000\";\n"
    )
}

/// Keeps the theme with this word; a word that is none means the system's.
pub fn keep_theme(word: &str) {
    let theme = Theme::ALL.into_iter().find(|it| it.as_str() == word);
    match theme {
        None | Some(Theme::System) => set_cookie(&format!("{THEME_COOKIE}=; {FORGOTTEN}")),
        Some(theme) => set_cookie(&format!("{THEME_COOKIE}={}; {KEPT}", theme.as_str())),
    }
}

/// Keeps which columns are left out.
pub fn keep_hidden(hidden: &[&str]) {
    if hidden.is_empty() {
        set_cookie(&format!("{COLUMNS_COOKIE}=; {FORGOTTEN}"));
    } else {
        set_cookie(&format!("{COLUMNS_COOKIE}={}; {KEPT}", hidden.join(".")));
    }
}
