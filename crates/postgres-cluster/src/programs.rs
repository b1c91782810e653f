//! Where PostgreSQL's programs are.

use std::{env, fs, path::PathBuf};

/// The folder with `initdb` and `postgres`, the newest where there are several.
pub fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").is_file().then_some((version, folder))
        })
        .max();
    if let Some((_, folder)) = newest {
        return Some(folder);
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
}
