//! Published clients of Graph that are pointed at the sandbox: a folder of npm packages, and one of Python's.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::apt;
use crate::layout::Layout;
use crate::process;
use crate::stamp::content_hash;

/// Where the clients and their lock files stand.
pub fn folder(layout: &Layout) -> PathBuf {
    layout.root.join("end2end/clients")
}

/// The Python that has the packages.
pub fn python(layout: &Layout) -> PathBuf {
    layout.target.join("clients-venv/bin/python")
}

/// Debian's package for virtual environments, where Python has no `ensurepip`.
pub fn missing_packages() -> Vec<apt::Package> {
    let has_venv = process::program("python3")
        .args(["-c", "import venv, ensurepip"])
        .output()
        .is_ok_and(|output| output.status.success());
    if has_venv {
        return Vec::new();
    }
    vec![apt::Package {
        name: "python3-venv",
        why: "holds the sign-in library that is pointed at the sandbox",
    }]
}

/// Installs exactly what the lock files name, unless that stands already.
pub fn ensure(layout: &Layout) -> Result<()> {
    let folder = folder(layout);
    if process::find_program("npm").is_none() {
        bail!("`npm` is missing: install Node.js 20 or newer (Debian: apt-get install nodejs npm)");
    }
    let modules = folder.join("node_modules");
    once(&folder.join("package-lock.json"), &modules, || {
        process::say("npm ci: the client of Graph as the lock file names it");
        process::run_quietly(process::program("npm").current_dir(&folder).args([
            "ci",
            "--no-audit",
            "--no-fund",
        ]))
    })?;
    let venv = layout.target.join("clients-venv");
    let requirements = folder.join("requirements.txt");
    once(&requirements, &venv, || {
        process::say("pip: the sign-in library for Python as requirements.txt names it");
        process::run_quietly(
            process::program("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&venv),
        )?;
        process::run_quietly(
            process::program(python(layout))
                .args(["-m", "pip", "install", "--quiet", "--requirement"])
                .arg(&requirements),
        )
    })
}

/// Installs when the lock is another one than was installed last; the mark goes when the folder goes.
fn once(lock: &Path, into: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = content_hash(&fs::read(lock)?);
    let mark = into.join(".installed-lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(mark, wanted)?;
    Ok(())
}
