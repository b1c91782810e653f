//! Builds the browser's standard library from Debian's source package.
//!
//! It goes into a sysroot below the target folder, so that nothing is written
//! below `/usr` and a user without root gets the same build as root.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::wasm;
use crate::layout::Layout;
use crate::process;

/// The name of the empty crate whose build pulls the library in.
const CARRIER: &str = "wasm_std_carrier";

/// Builds the library once per compiler; nothing to do where a toolchain has it.
pub fn ensure(layout: &Layout) -> Result<()> {
    if wasm::active_has_target() || debian_has_std() {
        return Ok(());
    }
    let compiler = compiler_version()?;
    let sysroot = sysroot(layout);
    let mark = sysroot.join("built-by");
    // The library belongs to exactly the compiler that built it.
    if fs::read_to_string(&mark).is_ok_and(|built_by| built_by == compiler) {
        return Ok(());
    }
    process::say(
        "building the browser's standard library with Debian's Rust (once, about half a minute)",
    );
    let libraries = build(layout)?;
    assemble(&sysroot, &libraries)?;
    fs::write(mark, compiler)?;
    Ok(())
}

/// The sysroot built here, where Debian's own lacks the browser's library.
pub fn own_sysroot(layout: &Layout) -> Option<PathBuf> {
    (!debian_has_std()).then(|| sysroot(layout))
}

fn sysroot(layout: &Layout) -> PathBuf {
    layout.target.join("wasm-sysroot")
}

fn debian_has_std() -> bool {
    wasm::target_folder(wasm::DEBIAN_RUSTC).is_some_and(|folder| wasm::has_std(&folder))
}

fn compiler_version() -> Result<String> {
    process::capture(process::program(wasm::DEBIAN_RUSTC).arg("-vV"))
}

fn build(layout: &Layout) -> Result<Vec<PathBuf>> {
    let folder = layout.target.join("wasm-std");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(
        folder.join("Cargo.toml"),
        // Its own workspace: the target folder may lie inside this one.
        format!("[package]\nname = \"{CARRIER}\"\nedition = \"2021\"\n\n[workspace]\n"),
    )?;
    process::run_quietly(
        wasm::debian_cargo()
            .current_dir(&folder)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
            .args([
                "build",
                "--release",
                "--target",
                wasm::TARGET,
                "-Zbuild-std=std,panic_abort",
            ]),
    )?;
    let built = folder
        .join("target")
        .join(wasm::TARGET)
        .join("release/deps");
    let mut libraries = Vec::new();
    for entry in fs::read_dir(&built)? {
        let path = entry?.path();
        let own = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains(CARRIER));
        if path
            .extension()
            .is_some_and(|extension| extension == "rlib")
            && !own
        {
            libraries.push(path);
        }
    }
    ensure!(
        !libraries.is_empty(),
        "the build left no library in {}",
        built.display()
    );
    Ok(libraries)
}

fn assemble(sysroot: &Path, libraries: &[PathBuf]) -> Result<()> {
    if sysroot.exists() {
        fs::remove_dir_all(sysroot)?;
    }
    let rustlib = sysroot.join("lib/rustlib");
    let target = rustlib.join(wasm::TARGET).join("lib");
    fs::create_dir_all(&target)?;
    for library in libraries {
        let name = library.file_name().context("a library without a name")?;
        fs::copy(library, target.join(name))?;
    }
    // The host's part (linkers, its own library) is Debian's, seen through links.
    let debian =
        process::capture(process::program(wasm::DEBIAN_RUSTC).args(["--print", "sysroot"]))?;
    for entry in fs::read_dir(Path::new(debian.trim()).join("lib/rustlib"))? {
        let entry = entry?;
        if entry.file_name() != wasm::TARGET {
            symlink(entry.path(), rustlib.join(entry.file_name()))?;
        }
    }
    Ok(())
}
