//! The database a benchmark runs on: empty or a laboratory already, and filled by the benchmark itself.

use std::time::Duration;

use anyhow::Context as _;
use operations::{MasterKey, Passwords, Services};
use store::Store;

use crate::{cli::BenchTarget, data_dir::DataDir};

/// A laboratory's database in a temporary installation.
pub(crate) struct Target {
    pub(crate) services: Services,
    pub(crate) dialect: &'static str,
    url: String,
    dir: DataDir,
    _folder: tempfile::TempDir,
}

impl Target {
    /// Opens the named database, or a temporary SQLite file; refuses one that no benchmark made.
    pub(crate) async fn open(args: &BenchTarget) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        let dir = DataDir::open(folder.path())?;
        let url = dir.database_url(args.database_url.as_deref());
        let services = open(&dir, &url).await?;
        let postgres = args
            .database_url
            .as_deref()
            .is_some_and(|url| url.starts_with("postgres"));
        let dialect = if postgres { "PostgreSQL" } else { "SQLite" };
        Ok(Self {
            services,
            dialect,
            url,
            dir,
            _folder: folder,
        })
    }

    /// Opens the same installation once more, as a process that starts does.
    pub(crate) async fn open_again(&self) -> anyhow::Result<Services> {
        open(&self.dir, &self.url).await
    }
}

/// The key is the folder's: what an earlier benchmark has sealed, none after it opens.
async fn open(dir: &DataDir, url: &str) -> anyhow::Result<Services> {
    let store = Store::open_laboratory(url).await?;
    let key = MasterKey::open(&dir.key_file())?;
    Ok(Services::new(store, Passwords::new()?, key))
}

/// The time below which 95 of 100 are, in milliseconds.
pub(crate) fn p95(times: &mut [Duration]) -> f64 {
    at(times, 95)
}

/// The time in the middle, in milliseconds.
pub(crate) fn median(times: &mut [Duration]) -> f64 {
    at(times, 50)
}

/// The time below which `percent` of 100 are, in milliseconds.
pub(crate) fn at(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let index = times.len() * percent / 100;
    times.get(index).copied().unwrap_or_default().as_secs_f64() * 1000.0
}

/// Resident memory of this process in MB, where the system tells.
pub(crate) fn resident_mb() -> Option<f64> {
    status_mb("VmRSS:")
}

/// The most resident memory this process had since the last [`reset_peak`], where the system tells.
pub(crate) fn peak_mb() -> Option<f64> {
    status_mb("VmHWM:")
}

/// Begins a new look at the peak; where the system does not let us, the peak is that of the whole life.
pub(crate) fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status_mb(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
