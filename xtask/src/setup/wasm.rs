//! Which toolchain builds for the browser.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::apt::Package;
use super::wasm_std;
use crate::layout::Layout;
use crate::process;

/// The target triple of the browser build.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler, which lives beside any rustup toolchain.
pub const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Debian's cargo.
pub const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// Erases the types of views, as `.cargo/config.toml` does for the server: both sides must be built alike.
const ERASE: &str = "--cfg=erase_components";

/// A cargo command that builds for the browser, into a target folder of its own.
pub fn cargo(layout: &Layout) -> Command {
    let mut flags = vec![ERASE.to_owned()];
    let mut command = match active_has_target() {
        true => process::cargo(),
        false => {
            if let Some(sysroot) = wasm_std::own_sysroot(layout) {
                flags.push(format!("--sysroot={}", sysroot.display()));
            }
            debian_cargo()
        }
    };
    // With --target given, cargo keeps these from build scripts and macros,
    // which need the host's library.
    command
        .env("RUSTFLAGS", flags.join(" "))
        .env("CARGO_TARGET_DIR", layout.wasm_target())
        .current_dir(&layout.root);
    command
}

/// Debian's cargo with Debian's compiler, whatever toolchain is active.
pub fn debian_cargo() -> Command {
    let mut command = process::program(DEBIAN_CARGO);
    command
        .env("RUSTC", DEBIAN_RUSTC)
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// Whether the active toolchain can build for the browser as it is.
pub fn active_has_target() -> bool {
    target_folder("rustc").is_some_and(|folder| has_std(&folder))
}

/// Adds the target by rustup where rustup is there and may fetch.
pub fn add_by_rustup() -> Result<()> {
    let may_fetch = env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0");
    if active_has_target() || !may_fetch || process::find_program("rustup").is_none() {
        return Ok(());
    }
    process::say("rustup target add wasm32-unknown-unknown: the standard library for the browser");
    if let Err(error) =
        process::run_quietly(process::program("rustup").args(["target", "add", TARGET]))
    {
        process::say(&format!(
            "rustup could not add it, trying Debian's Rust instead: {error:#}"
        ));
    }
    Ok(())
}

/// Debian's packages that are wanted and not there.
pub fn missing_packages() -> Result<Vec<Package>> {
    if active_has_target() {
        return Ok(Vec::new());
    }
    const FILES: [(&str, &str, &str); 4] = [
        (
            "rustc-web",
            DEBIAN_RUSTC,
            "a compiler whose standard library can be built for the browser",
        ),
        ("cargo-web", DEBIAN_CARGO, "the cargo of that compiler"),
        (
            "rust-web-src",
            "/usr/lib/rustlib/src/rust/library/std",
            "the source of the standard library",
        ),
        ("rust-web-llvm", "/usr/bin/rust-lld", "its LLVM tools"),
    ];
    let mut missing: Vec<Package> = FILES
        .into_iter()
        .filter(|(name, file, _)| {
            // Debian's plain `rustc` sits at the same place and is older.
            !Path::new(file).exists() || (*name == "rustc-web" && !is_web_compiler())
        })
        .map(|(name, _, why)| Package { name, why })
        .collect();
    if !has_wasm_linker() {
        missing.push(Package {
            name: "lld-22",
            why: "links wasm",
        });
    }
    Ok(missing)
}

/// The folder where a compiler looks for the browser's standard library.
pub fn target_folder(rustc: &str) -> Option<PathBuf> {
    let output = process::program(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(folder.trim()))
}

/// Whether a folder holds a built standard library.
pub fn has_std(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn is_web_compiler() -> bool {
    Path::new("/usr/share/doc/rustc-web").exists()
}

fn has_wasm_linker() -> bool {
    let mut programs = fs::read_dir("/usr/bin").into_iter().flatten().flatten();
    programs.any(|entry| entry.file_name().to_string_lossy().starts_with("wasm-ld"))
}
