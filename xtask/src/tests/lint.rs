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

/// Clippy over the host's crates, and the types of the stories.
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
    let types = check(
        process::program(layout.npm_program("tsc"))
            .current_dir(&layout.root)
            .args(["--noEmit", "--project", "end2end"]),
    )?;
    Ok(clippy.and(types))
}

/// Output goes to the terminal as it comes; the exit code is the verdict.
fn check(command: &mut Command) -> Result<Tally> {
    Ok(if command.status()?.success() {
        Tally::PASSED
    } else {
        Tally::FAILED
    })
}
