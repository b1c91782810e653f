//! The folder of an installation: its SQLite file, its key, its provider's address.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use domain::operation::Habitat;
use graph::Endpoints;
use operations::{MasterKey, Passwords, Services};
use serde::{Deserialize, Serialize};
use store::{Standing, Store};

use crate::cli::{Database, Served};

/// The folder of an installation.
#[derive(Debug, Clone)]
pub(crate) struct DataDir(PathBuf);

/// A provider other than Microsoft's own cloud; set by the server's configuration alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ProviderFile {
    /// Where tokens come from.
    pub(crate) authority: String,
    /// Where Graph is.
    pub(crate) graph: String,
}

impl DataDir {
    /// Makes the folder if need be, and makes sure that it can be written to.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let told = || {
            format!(
                "the data folder {} cannot be written to; choose another with --data-dir, or make it this user's",
                path.display()
            )
        };
        fs::create_dir_all(path).with_context(told)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
        }
        let probe = path.join(".write-probe");
        fs::write(&probe, b"").with_context(told)?;
        let _ = fs::remove_file(&probe);
        Ok(Self(path.canonicalize().with_context(told)?))
    }

    /// The folder if it is there already; none is made.
    pub(crate) fn there(path: &Path) -> Option<Self> {
        path.canonicalize().ok().filter(|it| it.is_dir()).map(Self)
    }

    /// The folder as it would be.
    pub(crate) fn unmade(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Whether files can be made in it; leaves none, and no trace of one.
    pub(crate) fn is_writable(&self) -> bool {
        tempfile::tempfile_in(&self.0).is_ok()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The database that was named, or the SQLite file of the folder.
    pub(crate) fn database_url(&self, named: Option<&str>) -> String {
        named.map_or_else(
            || format!("sqlite:{}", self.0.join("tenant-atlas.sqlite").display()),
            str::to_owned,
        )
    }

    /// Where the key is.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.0.join("master.key")
    }

    /// The provider's address; Microsoft's own cloud unless a file says otherwise.
    pub(crate) fn endpoints(&self) -> anyhow::Result<Endpoints> {
        let path = self.0.join("provider.json");
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(Endpoints::global());
        };
        let file: ProviderFile = serde_json::from_str(&text)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Endpoints::custom(&file.authority, &file.graph)
            .with_context(|| format!("{} names no usable address", path.display()))
    }

    /// Remembers a provider for this and later processes.
    pub(crate) fn set_provider(&self, file: &ProviderFile) -> anyhow::Result<()> {
        self.write_private("provider.json", &serde_json::to_string_pretty(file)?)
    }

    /// Writes a file only this user can read.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> anyhow::Result<()> {
        use std::io::Write as _;
        let path = self.0.join(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .open(&path)
            .with_context(|| format!("writing {}", path.display()))?;
        file.write_all(text.as_bytes())
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Opens the database and makes the use cases over it, with the key it was sealed with.
    pub(crate) async fn services(
        &self,
        database_url: Option<&str>,
        habitat: Habitat,
    ) -> anyhow::Result<Services> {
        let store = Store::open(&self.database_url(database_url)).await?;
        refuse_other_habitat(store.habitat(), habitat)?;
        let key = MasterKey::of_installation(&store, &self.key_file()).await?;
        Ok(Services::new(store, Passwords::new()?, key))
    }
}

/// Opens the folder and the database that a process serves.
pub(crate) async fn open(served: &Served) -> anyhow::Result<(DataDir, Services)> {
    let dir = DataDir::open(&served.database.data_dir)?;
    let url = served.database.database_url.as_deref();
    let services = dir.services(url, served.habitat()).await?;
    Ok((dir, services))
}

/// What a benchmark or a trial has made is no installation, and the other way round.
fn refuse_other_habitat(found: Habitat, wanted: Habitat) -> anyhow::Result<()> {
    match (found, wanted) {
        (Habitat::Laboratory, Habitat::Product) => bail!(
            "this database is a laboratory: a benchmark or a trial of faults made it for itself, and it stays one. \
             Name another database with --database-url or --data-dir; for a trial, say --laboratory"
        ),
        (Habitat::Product, Habitat::Laboratory) => {
            bail!(
                "--laboratory is for a database that a benchmark or a trial of faults made for itself, and this is none"
            )
        }
        _ => Ok(()),
    }
}

/// Opens the database a command names, for what needs no key.
pub(crate) async fn store(database: &Database) -> anyhow::Result<(DataDir, Store)> {
    let dir = DataDir::open(&database.data_dir)?;
    let store = Store::open(&dir.database_url(database.database_url.as_deref())).await?;
    Ok((dir, store))
}

/// Opens a database that must be there already, for what needs no key.
pub(crate) async fn store_existing(database: &Database) -> anyhow::Result<(DataDir, Store)> {
    must_exist(database).await?;
    store(database).await
}

/// Refuses to make a new installation where one was meant to be; a server's database may still come up.
pub(crate) async fn must_exist(database: &Database) -> anyhow::Result<()> {
    let unmade = DataDir::unmade(&database.data_dir);
    let url = unmade.database_url(database.database_url.as_deref());
    if !database.is_server() && Store::look(&url).await? == Standing::Absent {
        bail!(
            "there is no installation in {}; name one with --data-dir or --database-url",
            database
                .database_url
                .as_ref()
                .map_or_else(|| database.data_dir.display().to_string(), Clone::clone)
        );
    }
    Ok(())
}
