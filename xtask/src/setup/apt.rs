//! Debian packages, asked for only when something is really missing.

use anyhow::{Context, Result, bail};

use crate::process;

/// A Debian package and the reason it is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name in the archive.
    pub name: &'static str,
    /// What it is for, said to the person who waits.
    pub why: &'static str,
}

/// Installs the packages, or tells a person without root what to type.
pub fn install(packages: &[Package]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    for package in packages {
        process::say(&format!("missing: {} ({})", package.name, package.why));
    }
    let names: Vec<&str> = packages.iter().map(|package| package.name).collect();
    let typed = format!(
        "apt-get install -y --no-install-recommends {}",
        names.join(" ")
    );
    if process::find_program("apt-get").is_none() {
        bail!(
            "this machine has no apt-get; install what these Debian packages hold, then call again: {}",
            names.join(" ")
        );
    }
    if !process::is_root() {
        bail!(
            "these need root, please run them and call again:\n  sudo apt-get update\n  sudo {typed}"
        );
    }
    process::say("apt-get update, so that the package lists are of today");
    apt_get(&["update", "-q"])?;
    process::say(&typed);
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(names);
    apt_get(&arguments)
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    process::run_quietly(
        process::program("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            // Another installation may be under way on a fresh machine.
            .args(["-o", "DPkg::Lock::Timeout=300"])
            .args(arguments),
    )
    .context("a Debian package could not be installed")
}
