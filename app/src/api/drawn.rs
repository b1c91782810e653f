//! Pages that the server draws whole: forms that post, and need no script.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{codec::Json, error::AppError};

/// A page as the server drew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// What the page is called.
    pub title: String,
    /// One line of what it is.
    pub subtitle: String,
    /// Its content, as HTML.
    pub html: String,
}

/// The page at a path of this site, with its query.
#[server(name = DrawnPageData, prefix = "/api", endpoint = "page/drawn", input = Json, output = Json)]
pub async fn drawn(path: String) -> Result<Drawn, AppError> {
    crate::drawn::draw(&path).await
}
