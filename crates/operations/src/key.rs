//! The key of an installation, and whether it is the one that its database was sealed with.

use std::path::Path;

use store::{Store, StoreError};

use crate::secrets::{MasterKey, SecretError};

/// Why a process has no key to work with; every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be used.
    #[error(transparent)]
    File(#[from] SecretError),
    /// The database did not say what it knows of the key.
    #[error("asking the database about its key")]
    Database(#[from] StoreError),
    /// The database knows of a key, and there is none.
    #[error(
        "there is no key file {path}, and this database was sealed with one. Name the data folder that has it \
         with --data-dir, or copy its master.key there, from another machine or from a backup. \
         If it is lost for good, `tenant-atlas keys adopt` begins with a new one"
    )]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// The key is another installation's.
    #[error(
        "the key file {path} is not the one that this database was sealed with. Name the data folder that has it \
         with --data-dir, or copy its master.key there, from another machine or from a backup. \
         If it is lost for good, `tenant-atlas keys adopt` goes on with the one that is here"
    )]
    Other {
        /// Which file.
        path: String,
    },
}

impl KeyError {
    /// There is no file, and the database was sealed with one.
    pub fn missing(path: &Path) -> Self {
        let path = path.display().to_string();
        Self::Missing { path }
    }

    /// The file is not the one that the database was sealed with.
    pub fn other(path: &Path) -> Self {
        let path = path.display().to_string();
        Self::Other { path }
    }
}

/// How a key file stands to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFit {
    /// The database was sealed with it.
    Fits,
    /// Nothing was sealed yet: any key will do, and one is made where there is none.
    Free,
    /// The database was sealed with a key, and there is none.
    Missing,
    /// The database was sealed with another key.
    Other,
}

impl KeyFit {
    /// How a key file stands to a database; makes no key.
    ///
    /// # Errors
    /// [`KeyError`] when the file or the database cannot be read.
    pub async fn of(store: &Store, path: &Path) -> Result<Self, KeyError> {
        let key = MasterKey::read(path)?;
        let fits = match store.key_check().await? {
            Some(check) => Some(key.as_ref().is_some_and(|key| key.opens_check(&check))),
            // Sealed by a version before the check: its credentials say it.
            None => {
                let opens = |connection, blob: &[u8]| {
                    key.as_ref()
                        .is_some_and(|key| key.open_secret(connection, blob).is_ok())
                };
                store.some_credential_opens(opens).await?
            }
        };
        Ok(match fits {
            None => Self::Free,
            Some(true) => Self::Fits,
            Some(false) if key.is_some() => Self::Other,
            Some(false) => Self::Missing,
        })
    }
}

impl MasterKey {
    /// The key of an installation; made only while nothing was sealed.
    ///
    /// # Errors
    /// [`KeyError`] when the database was sealed with another one.
    pub async fn of_installation(store: &Store, path: &Path) -> Result<Self, KeyError> {
        match KeyFit::of(store, path).await? {
            KeyFit::Missing => return Err(KeyError::missing(path)),
            KeyFit::Other => return Err(KeyError::other(path)),
            KeyFit::Fits | KeyFit::Free => {}
        }
        let key = Self::open(path)?;
        if store.key_check().await?.is_some() {
            return Ok(key);
        }
        match store.key_check_keep(key.seal_check()?).await {
            // Another process was faster, with another key.
            Ok(kept) if !key.opens_check(&kept) => Err(KeyError::other(path)),
            // What cannot be written can be read; the next process that may write keeps the words.
            Ok(_) | Err(StoreError::NotWritable(_)) => Ok(key),
            Err(error) => Err(error.into()),
        }
    }

    /// Goes on with the key of this folder, or a new one, whatever the database was sealed with.
    ///
    /// # Errors
    /// [`KeyError`] when the file or the database cannot be written.
    pub async fn adopt(store: &Store, path: &Path) -> Result<(), KeyError> {
        let key = Self::open(path)?;
        Ok(store.key_check_replace(key.seal_check()?).await?)
    }
}
