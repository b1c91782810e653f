//! Under which account the server runs.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::fs::{MetadataExt as _, chown},
    path::Path,
    process::Command,
};

/// The account that PostgreSQL runs under when this process is root; also the cluster's superuser.
pub(crate) const SYSTEM_USER: &str = "postgres";

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// Gives a folder to the server's account.
pub(crate) fn hand_over(folder: &Path) -> io::Result<()> {
    if is_root() {
        chown(folder, Some(id("-u")?), Some(id("-g")?))?;
    }
    Ok(())
}

/// A program under the server's account, which ends with whoever started it.
pub(crate) fn unprivileged(program: &Path) -> Command {
    let mut command = plain("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if is_root() {
        command.args([
            "--reuid",
            SYSTEM_USER,
            "--regid",
            SYSTEM_USER,
            "--init-groups",
        ]);
    }
    command.arg(program);
    command
}

/// A command whose environment is not that of `cargo run`, which adds its toolchain's libraries.
pub(crate) fn plain(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_LIBRARY_PATH");
    command
}

fn id(flag: &str) -> io::Result<u32> {
    let printed = plain("id").args([flag, SYSTEM_USER]).output()?;
    let number = String::from_utf8_lossy(&printed.stdout);
    let told = || io::Error::other(format!("there is no account `{SYSTEM_USER}`"));
    number.trim().parse().map_err(|_| told())
}
