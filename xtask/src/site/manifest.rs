//! `manifest.json`: the names under which the server finds the site's files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use super::NAME;

/// The three files every page refers to, relative to the site folder.
#[derive(Clone, Debug)]
pub struct Names {
    /// The module that loads the wasm.
    pub js: String,
    /// The wasm.
    pub wasm: String,
    /// The stylesheet.
    pub css: String,
}

impl Names {
    /// The names without a hash.
    pub fn plain() -> Self {
        Self {
            js: format!("pkg/{NAME}.js"),
            wasm: format!("pkg/{NAME}_bg.wasm"),
            css: format!("pkg/{NAME}.css"),
        }
    }
}

/// Writes the manifest into the site folder.
pub fn write(folder: &Path, names: &Names) -> Result<()> {
    let text = json!({ "js": names.js, "wasm": names.wasm, "css": names.css });
    fs::write(folder.join("manifest.json"), format!("{text:#}\n"))
        .with_context(|| format!("cannot write the manifest in {}", folder.display()))
}
