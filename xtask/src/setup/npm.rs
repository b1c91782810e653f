//! The npm packages: Tailwind, daisyUI, wasm-opt, Playwright, Inter.

use std::fs;

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::process;
use crate::stamp::content_hash;

/// Installs exactly what the lock file names, unless that stands already.
pub fn ensure(layout: &Layout) -> Result<()> {
    for name in ["node", "npm"] {
        if process::find_program(name).is_none() {
            bail!(
                "`{name}` is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)"
            );
        }
    }
    let lock = content_hash(&fs::read(layout.root.join("package-lock.json"))?);
    // Inside node_modules, so that the mark goes when the packages go.
    let mark = layout.root.join("node_modules/.installed-lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    process::say("npm ci: Tailwind, daisyUI, wasm-opt and Playwright as the lock file names them");
    process::run_quietly(process::program("npm").current_dir(&layout.root).args([
        "ci",
        "--no-audit",
        "--no-fund",
    ]))?;
    fs::write(mark, lock)?;
    Ok(())
}
