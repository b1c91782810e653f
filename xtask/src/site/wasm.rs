//! Compiles the front end and makes its JavaScript glue.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{Flavour, NAME};
use crate::layout::Layout;
use crate::process;
use crate::setup::wasm as toolchain;
use crate::stamp::Stamp;

/// Compiles the front end; cargo itself knows what changed.
pub fn compile(layout: &Layout, flavour: Flavour) -> Result<PathBuf> {
    let profile = flavour.profile();
    process::say(&format!(
        "building the front end ({profile}; first time about two minutes)"
    ));
    process::run(toolchain::cargo(layout).args([
        "build",
        "--package",
        "frontend",
        "--lib",
        "--target",
        toolchain::TARGET,
        "--profile",
        profile,
    ]))?;
    Ok(layout
        .wasm_target()
        .join(toolchain::TARGET)
        .join(profile)
        .join("frontend.wasm"))
}

/// Runs wasm-bindgen, linked into this program from the same lock file as the crate.
pub fn bind(layout: &Layout, compiled: &Path, package: &Path, flavour: Flavour) -> Result<()> {
    let output = package.join(format!("{NAME}_bg.wasm"));
    let stamp = Stamp::of(
        layout,
        &format!("bind-{}", flavour.profile()),
        &[compiled.to_owned()],
    )?;
    if stamp.holds(&output) {
        return Ok(());
    }
    process::say("wasm-bindgen: the glue between wasm and the page");
    if package.join("snippets").exists() {
        fs::remove_dir_all(package.join("snippets"))?;
    }
    Bindgen::new()
        .input_path(compiled)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(flavour == Flavour::Dist)
        .remove_producers_section(true)
        .generate(package)
        .context("wasm-bindgen failed")?;
    stamp.keep()
}
