//! Where the repository and its build folders are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Tells the server which folder holds the site.
pub const SITE_DIR_VARIABLE: &str = "TENANT_ATLAS_SITE_DIR";

/// The folders every command works in.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The repository.
    pub root: PathBuf,
    /// cargo's target folder: `CARGO_TARGET_DIR`, else `target/`.
    pub target: PathBuf,
}

impl Layout {
    /// Finds both folders from cargo's environment.
    pub fn find() -> Result<Self> {
        // The variable of this very call first: a shared target folder may
        // hold a binary that another checkout compiled.
        let manifest = env::var("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .parent()
            .context("xtask has no parent folder")?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A program of the npm packages.
    pub fn npm_program(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// The target folder of the browser build, apart from the host's.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }
}
