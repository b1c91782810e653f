//! Builds what the browser loads: wasm and its glue, CSS, fonts.

mod budget;
mod compress;
mod css;
mod manifest;
mod pack;
mod wasm;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use budget::Budget;
pub use compress::brotli_size;

use crate::layout::Layout;
use crate::process;

/// The stem of every file below `pkg/`.
const NAME: &str = "tenant-atlas";

/// The font file, as it stands in its npm package.
const FONT: &str = "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";

/// What the site is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Quick to build, plain names.
    Dev,
    /// Small, hashed names, compressed copies beside each file.
    Dist,
}

impl Flavour {
    /// The cargo profile of the wasm build.
    pub fn profile(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Dist => "wasm-release",
        }
    }
}

/// A site that stands on the disk.
#[derive(Clone, Debug)]
pub struct Site {
    /// The folder that the server is told of.
    pub folder: PathBuf,
    /// The wasm file in it.
    pub wasm: PathBuf,
}

/// Builds the site; steps whose inputs did not change are skipped.
pub fn build(layout: &Layout, flavour: Flavour) -> Result<Site> {
    let compiled = wasm::compile(layout, flavour)?;
    match flavour {
        Flavour::Dev => build_dev(layout, &compiled),
        Flavour::Dist => pack::build(layout, &compiled),
    }
}

fn build_dev(layout: &Layout, compiled: &Path) -> Result<Site> {
    let folder = layout.target.join("site");
    let package = folder.join("pkg");
    wasm::bind(layout, compiled, &package, Flavour::Dev)?;
    css::build(layout, &package.join(format!("{NAME}.css")), Flavour::Dev)?;
    copy_assets(layout, &folder)?;
    manifest::write(&folder, &manifest::Names::plain())?;
    Ok(Site {
        wasm: package.join(format!("{NAME}_bg.wasm")),
        folder,
    })
}

/// What the wasm of a quickly built site would weigh if it were shipped.
pub fn shipped_size(layout: &Layout, site: &Site) -> Result<u64> {
    let small = layout.wasm_target().join("weighed.wasm");
    pack::shrink(layout, &site.wasm, &small)?;
    brotli_size(layout, &small)
}

/// Copies what needs no building: the font and the icon.
fn copy_assets(layout: &Layout, folder: &Path) -> Result<()> {
    let font = layout.root.join(FONT);
    let name = font.file_name().context("the font has no name")?;
    copy(&font, &folder.join("fonts").join(name))?;
    copy(
        &layout.root.join("style/favicon.svg"),
        &folder.join("favicon.svg"),
    )
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    process::create_parent(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}
