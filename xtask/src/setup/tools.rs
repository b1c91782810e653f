//! Finds the programs that tests need, by existence alone.

use std::path::{Path, PathBuf};

use crate::process;

/// The browser of the stories: Playwright's own download is not used.
pub fn chromium() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/bin/chromium");
    if debian.is_file() {
        return Some(debian);
    }
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find_map(process::find_program)
}

/// PgBouncer, which Debian puts where a person's path does not lead.
pub fn pgbouncer() -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    folders
        .iter()
        .map(|folder| Path::new(folder).join("pgbouncer"))
        .find(|file| file.is_file())
}
