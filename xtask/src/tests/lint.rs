//! Format and lints: each command counts as one check.

use std::process::Command;

use anyhow::Result;

use super::tally::Tally;
use crate::layout::Layout;
use crate::process;

/// `cargo fmt --check`.
pub fn format(layout: &Layout) -> Result<Tally> {
    check(
        process::cargo()
            .current_dir(&layout.root)
            .args(["fmt", "--all", "--check"]),
    )
}

/// Clippy over the host's crates and over the browser's side of `app`, the documentation, and the
/// types of the stories.
pub fn lint(layout: &Layout) -> Result<Tally> {
    let clippy = check(process::cargo().current_dir(&layout.root).args([
        "clippy",
        "--quiet",
        // Every crate says its part, not only the first one that fails.
        "--keep-going",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    // A call of its own: cargo would unify the features of the server and of the browser.
    let browser = check(process::cargo().current_dir(&layout.root).args([
        "clippy",
        "--quiet",
        "--package",
        "app",
        "--no-default-features",
        "--features",
        "hydrate",
        "--",
        "-D",
        "warnings",
    ]))?;
    let documentation = check(
        process::cargo()
            .current_dir(&layout.root)
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(["doc", "--quiet", "--no-deps", "--keep-going"])
            .arg("--document-private-items"),
    )?;
    let types = check(
        process::program(layout.npm_program("tsc"))
            .current_dir(&layout.root)
            .args(["--noEmit", "--project", "end2end"]),
    )?;
    Ok(clippy.and(browser).and(documentation).and(types))
}

/// Output goes to the terminal as it comes; the exit code is the verdict.
fn check(command: &mut Command) -> Result<Tally> {
    Ok(if command.status()?.success() {
        Tally::PASSED
    } else {
        Tally::FAILED
    })
}
