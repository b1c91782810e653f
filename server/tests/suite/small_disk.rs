//! A small disk of a test's own, which can be filled.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Once,
};

use tempfile::TempDir;

/// A file system in memory; dropping it takes it away.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one; `None` where this user may not.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            let _ = writeln!(
                std::io::stderr(),
                "a full disk NOT TRIED: only root may mount a small one"
            );
        });
        None
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves not a byte.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = [0_u8; 4096];
        while ballast.write_all(&block).is_ok() {}
    }

    /// Takes away what filled it.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also while a program that is being stopped still has a file open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
