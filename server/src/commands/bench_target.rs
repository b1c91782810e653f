//! The database a benchmark runs on: empty, and filled by the benchmark itself.

use anyhow::{Context as _, bail};
use operations::Services;

use crate::{cli::BenchTarget, data_dir::DataDir};

/// An empty database in a temporary installation.
pub(crate) struct Target {
    pub(crate) services: Services,
    pub(crate) dialect: &'static str,
    _folder: tempfile::TempDir,
}

impl Target {
    /// Opens the named database, or a temporary SQLite file; refuses one that holds anything.
    pub(crate) async fn open(args: &BenchTarget) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        let dir = DataDir::open(folder.path())?;
        let services = dir.services(args.database_url.as_deref()).await?;
        if !services.store().is_unclaimed().await? {
            bail!("this database is in use; a benchmark wants an empty one that it may fill");
        }
        let postgres = args
            .database_url
            .as_deref()
            .is_some_and(|url| url.starts_with("postgres"));
        let dialect = if postgres { "PostgreSQL" } else { "SQLite" };
        Ok(Self {
            services,
            dialect,
            _folder: folder,
        })
    }
}
