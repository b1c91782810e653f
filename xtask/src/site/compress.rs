//! Brotli and gzip by node's zlib, which the machine has anyway.

use std::path::Path;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::process;

/// Writes `.br` and `.gz` beside every file of the folder that gains by it.
pub fn write_beside(layout: &Layout, folder: &Path) -> Result<()> {
    process::run_quietly(
        process::program("node")
            .arg(script(layout))
            .arg("write")
            .arg(folder),
    )
}

/// How many bytes of a file go over the wire, at brotli's best.
pub fn brotli_size(layout: &Layout, file: &Path) -> Result<u64> {
    let printed = process::capture(
        process::program("node")
            .arg(script(layout))
            .arg("size")
            .arg(file),
    )?;
    printed
        .trim()
        .parse()
        .with_context(|| format!("`{printed}` is no size"))
}

fn script(layout: &Layout) -> std::path::PathBuf {
    layout.root.join("xtask/node/compress.mjs")
}
