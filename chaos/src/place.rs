//! The database of a trial.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use postgres_cluster::{Cluster, Keep, Stop};

/// The file of a trial on SQLite.
const FILE: &str = "trial.sqlite";

/// Which database a trial is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// A file that all processes share.
    Sqlite,
    /// A server of the trial's own.
    Postgres,
}

impl Dialect {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// What SQLite has written and not yet put into its file.
    pub(crate) fn log(self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::Sqlite => Some(folder.join(format!("{FILE}-wal"))),
            Self::Postgres => None,
        }
    }
}

/// The database of a trial.
pub(crate) enum Place {
    /// A file.
    File(String),
    /// A server.
    Server(Cluster),
}

impl Place {
    /// Makes an empty one.
    pub(crate) fn make(dialect: Dialect, folder: &Path) -> Result<Self> {
        Ok(match dialect {
            Dialect::Sqlite => Self::File(format!("sqlite:{}", folder.join(FILE).display())),
            Dialect::Postgres => {
                let programs =
                    postgres_cluster::programs().context("PostgreSQL's initdb is missing")?;
                Self::Server(Cluster::start(&programs, Keep::Commits)?)
            }
        })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(url) => url.clone(),
            Self::Server(cluster) => cluster.url(),
        }
    }

    /// Ends the server.
    pub(crate) fn stop(&mut self, how: Stop) {
        if let Self::Server(cluster) = self {
            cluster.stop(how);
        }
    }

    /// Lets the server fall silent.
    pub(crate) fn freeze(&mut self) -> Result<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Server(cluster) => Ok(cluster.freeze()?),
        }
    }

    /// Lets it speak again.
    pub(crate) fn thaw(&mut self) {
        if let Self::Server(cluster) = self {
            cluster.thaw();
        }
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn go_on(&mut self) -> Result<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Server(cluster) => Ok(cluster.go_on()?),
        }
    }
}
