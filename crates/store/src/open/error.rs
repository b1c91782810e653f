//! Why a database was not opened.

use sqlx::migrate::MigrateError;

use crate::error::{StoreError, is_of_shared_sessions};

/// Why a database was not opened; every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database this program knows.
    #[error("the database URL must start with `sqlite:` or `postgres:`")]
    UnknownUrl,
    /// The URL names one, but is malformed.
    #[error("the database URL cannot be read")]
    MalformedUrl(#[source] sqlx::Error),
    /// The database could not be opened or reached.
    #[error(
        "the database cannot be opened; check that it is there and that this user may write to it"
    )]
    Unreachable(#[source] sqlx::Error),
    /// Statements of one connection came to several sessions.
    #[error(
        "the database is behind a pooler that shares sessions; add statement-cache-capacity=0 to its URL, \
         as in postgres://.../name?statement-cache-capacity=0"
    )]
    SharedSessions,
    /// The database holds tables of something else.
    #[error(
        "the database holds {table:?} and nothing of this program: it belongs to something else, and was left \
         as it is. Name an empty database, or this program's own"
    )]
    Foreign {
        /// One of the tables.
        table: String,
    },
    /// The database is an installation's, and a laboratory was wanted.
    #[error(
        "people use this database, or are to use it: it is an installation's. A benchmark wants an empty one, \
         or one that a benchmark made before"
    )]
    NotALaboratory,
    /// The database is not at this program's version, and was not to be changed.
    #[error(
        "the database is not at this program's version; `tenant-atlas migrate` brings it there"
    )]
    NotMigrated,
    /// The linked SQLite can lose committed writes.
    #[error("SQLite {found} can lose committed writes (WAL-reset bug); 3.51.3 or newer is needed")]
    VulnerableSqlite {
        /// The linked version.
        found: String,
    },
    /// The file lies on a network file system.
    #[error(
        "{path} is on a network file system ({kind}); SQLite's locks are not safe there. Put it on a local disk, or use PostgreSQL"
    )]
    NetworkFileSystem {
        /// The file.
        path: String,
        /// The file system's type.
        kind: String,
    },
    /// The database was made by a newer version of this program.
    #[error(
        "the database is at migration {found}, newer than this program knows. Start the newer version again, or restore a backup made before the upgrade"
    )]
    FromNewerVersion {
        /// The migration that this program does not know.
        found: i64,
    },
    /// Another process did not let go of a database that is not at this program's version.
    #[error(
        "the database is to be migrated, and for {minutes} minutes another process has not let go of it: it migrates \
         it, or writes to it. Let it finish, or stop it when it does not get on, and start this program again"
    )]
    StillMigrated {
        /// How long this process has waited.
        minutes: u64,
        /// How the database refused it last, or that it did not answer.
        #[source]
        error: sqlx::Error,
    },
    /// A migration failed.
    #[error("migrating the database")]
    Migration(#[source] MigrateError),
    /// What kind of database it is could not be read.
    #[error("the database does not say what it was made as")]
    Unreadable(#[source] StoreError),
}

impl OpenError {
    /// The database could not be opened, or a pooler stands before it.
    pub(super) fn unreachable(error: sqlx::Error) -> Self {
        if is_of_shared_sessions(&error) {
            Self::SharedSessions
        } else {
            Self::Unreachable(error)
        }
    }

    /// What a migration answered, in words of its own.
    pub(super) fn migrating(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(found) => Self::FromNewerVersion { found },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if is_of_shared_sessions(&error) =>
            {
                Self::SharedSessions
            }
            other => Self::Migration(other),
        }
    }

    /// What the first statement answered.
    pub(super) fn reading(error: StoreError) -> Self {
        if error.is_of_a_shared_session() {
            Self::SharedSessions
        } else {
            Self::Unreadable(error)
        }
    }
}
