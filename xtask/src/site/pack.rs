//! The site as it is shipped: small, hashed, compressed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::manifest::{self, Names};
use super::{Flavour, NAME, Site, compress, copy_assets, css, wasm};
use crate::layout::Layout;
use crate::process;
use crate::stamp::{Stamp, content_hash};

/// Builds the shipped site from the compiled front end.
pub fn build(layout: &Layout, compiled: &Path) -> Result<Site> {
    let work = layout.target.join("site-dist-work");
    wasm::bind(layout, compiled, &work, Flavour::Dist)?;
    let bound = work.join(format!("{NAME}_bg.wasm"));
    let small = work.join("small.wasm");
    shrink(layout, &bound, &small)?;
    let stylesheet = work.join(format!("{NAME}.css"));
    css::build(layout, &stylesheet, Flavour::Dist)?;

    let folder = layout.target.join("site-dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("pkg"))?;
    let wasm_name = place(&folder, &fs::read(&small)?, &format!("{NAME}_bg"), "wasm")?;
    // The glue names its wasm, so it is hashed after the name was put in.
    let glue = fs::read_to_string(work.join(format!("{NAME}.js")))?;
    let wasm_file = wasm_name
        .rsplit('/')
        .next()
        .context("a name without an end")?;
    let glue = glue.replace(&format!("{NAME}_bg.wasm"), wasm_file);
    let names = Names {
        js: place(&folder, glue.as_bytes(), NAME, "js")?,
        wasm: wasm_name,
        css: place(&folder, &fs::read(&stylesheet)?, NAME, "css")?,
    };
    // Their folders already carry a hash of wasm-bindgen's.
    copy_folder(&work.join("snippets"), &folder.join("pkg/snippets"))?;
    copy_assets(layout, &folder)?;
    process::say("compressing (brotli and gzip)");
    compress::write_beside(layout, &folder)?;
    manifest::write(&folder, &names)?;
    Ok(Site {
        wasm: folder.join(&names.wasm),
        folder,
    })
}

/// Runs wasm-opt with the features that rustc's wasm32 target turns on.
pub fn shrink(layout: &Layout, from: &Path, to: &Path) -> Result<()> {
    let stamp = Stamp::of(layout, &stamp_name(from), &[from.to_owned()])?;
    if stamp.holds(to) {
        return Ok(());
    }
    process::say("wasm-opt: the same program in fewer bytes");
    process::run_quietly(
        process::program(layout.npm_program("wasm-opt"))
            .args([
                "-Oz",
                "--enable-bulk-memory",
                "--enable-bulk-memory-opt",
                "--enable-multivalue",
                "--enable-mutable-globals",
                "--enable-nontrapping-float-to-int",
                "--enable-reference-types",
                "--enable-sign-ext",
            ])
            .arg(from)
            .arg("-o")
            .arg(to),
    )?;
    stamp.keep()
}

fn stamp_name(from: &Path) -> String {
    format!(
        "shrink-{}",
        content_hash(from.as_os_str().as_encoded_bytes())
    )
}

/// Writes a file below `pkg/` under its hashed name, which it returns.
fn place(folder: &Path, content: &[u8], stem: &str, extension: &str) -> Result<String> {
    let name = format!("pkg/{stem}.{}.{extension}", content_hash(content));
    fs::write(folder.join(&name), content).with_context(|| format!("cannot write {name}"))?;
    Ok(name)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target: PathBuf = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &target)?,
            false => {
                fs::copy(entry.path(), &target)?;
            }
        }
    }
    Ok(())
}
