//! Embeds the site's files when a release is made; a development build finds them beside itself.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=TENANT_ATLAS_EMBED_SITE");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("embedded_site.rs");
    let mut out = fs::File::create(out)?;
    writeln!(out, "static EMBEDDED: &[(&str, &[u8])] = &[")?;
    if let Some(site) = env::var_os("TENANT_ATLAS_EMBED_SITE") {
        let site = PathBuf::from(site);
        println!("cargo::rerun-if-changed={}", site.display());
        embed(&site, &site, &mut out)?;
    }
    writeln!(out, "];")
}

fn embed(root: &Path, dir: &Path, out: &mut fs::File) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            embed(root, &path, out)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let name = format!("/{}", relative.display());
            writeln!(
                out,
                "    ({name:?}, include_bytes!({:?})),",
                path.display().to_string()
            )?;
        }
    }
    Ok(())
}
