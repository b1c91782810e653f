//! How pages look; answers set a cookie and are about nobody.

use leptos::prelude::*;

use crate::error::AppError;

/// Keeps a theme in a cookie; the page the form stands on comes again in it.
#[server(name = KeepTheme, prefix = "/api", endpoint = "look/theme")]
pub async fn theme(theme: String) -> Result<(), AppError> {
    crate::request::keep_theme(&theme);
    Ok(())
}

/// Keeps in a cookie which columns of the operations table are shown: those whose box is ticked.
#[server(name = KeepColumns, prefix = "/api", endpoint = "look/columns")]
pub async fn columns(
    #[server(default)] target: Option<String>,
    #[server(default)] initiator: Option<String>,
    #[server(default)] queued: Option<String>,
    #[server(default)] duration: Option<String>,
) -> Result<(), AppError> {
    let hidden: Vec<_> = crate::look::COLUMNS
        .iter()
        .zip([target, initiator, queued, duration])
        .filter(|(_, ticked)| ticked.is_none())
        .map(|((word, _), _)| *word)
        .collect();
    crate::request::keep_hidden(&hidden);
    Ok(())
}
