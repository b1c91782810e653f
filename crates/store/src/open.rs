//! Opening a database: its settings, its version, its migrations.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgPool, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::sync::{Notify, watch};

use crate::{
    QueueSettings, Store,
    error::StoreError,
    installation::habitat_of,
    queue::Hints,
    sql::{Db, Sessions},
};

/// Why a database was not opened; every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database this program knows.
    #[error("the database URL must start with `sqlite:` or `postgres:`")]
    UnknownUrl,
    /// The URL names one, but is malformed.
    #[error("the database URL cannot be read: {0}")]
    MalformedUrl(#[source] sqlx::Error),
    /// The database could not be opened or reached.
    #[error(
        "the database cannot be opened: {0}. Check that it is there and that this user may write to it"
    )]
    Unreachable(#[source] sqlx::Error),
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
    /// A migration failed.
    #[error("migrating the database: {0}")]
    Migration(#[source] MigrateError),
    /// What kind of database it is could not be read.
    #[error("the database does not say what it was made as: {0}")]
    Unreadable(#[source] StoreError),
}

/// The migrations of both dialects, from one list of names.
macro_rules! migrations {
    ($($number:literal $name:literal,)+) => {
        const SQLITE: &[(i64, &str, &str)] =
            &[$(($number, $name, include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")))),+];
        const POSTGRES: &[(i64, &str, &str)] =
            &[$(($number, $name, include_str!(concat!("../../../migrations/postgres/", $name, ".sql")))),+];
    };
}

migrations! {
    1 "0001_core",
    2 "0002_speed",
    3 "0003_own_pages",
    4 "0004_engine",
    5 "0005_queue",
    7 "0007_bulk",
    8 "0008_schedules",
    9 "0009_intents",
    10 "0010_installation",
    11 "0011_console",
    13 "0013_cheaper_starts",
}

fn migrator(list: &'static [(i64, &'static str, &'static str)]) -> Migrator {
    use sqlx::SqlSafeStr as _;
    Migrator::with_migrations(
        list.iter()
            .map(|(number, name, text)| {
                let text = text.into_sql_str();
                Migration::new(*number, (*name).into(), MigrationType::Simple, text, false)
            })
            .collect(),
    )
}

fn migration_error(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => OpenError::FromNewerVersion { found },
        other => OpenError::Migration(other),
    }
}

impl Store {
    /// Opens a database by its URL and brings it up to this program's version.
    ///
    /// # Errors
    /// [`OpenError`], whose message says what to do.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            open_sqlite(url).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url).await
        } else {
            Err(OpenError::UnknownUrl)
        }
    }

    async fn over(db: Db, hints: Option<Hints>) -> Result<Self, OpenError> {
        let habitat = habitat_of(&db).await.map_err(OpenError::Unreadable)?;
        Ok(Self {
            db,
            habitat,
            queue_changed: Arc::new(Notify::new()),
            runs_ended: Arc::new(watch::Sender::new(0)),
            cancel_asked: Arc::new(watch::Sender::new(0)),
            hints,
            queue: QueueSettings::default(),
            turns: Arc::default(),
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.fetch(&PING, vec![]).await.map(drop)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres { pool, .. } => pool.close().await,
        }
    }
}

static PING: crate::sql::Statement = crate::sql::same("database_ping", "select 1 as one");

async fn open_sqlite(url: &str) -> Result<Store, OpenError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(OpenError::MalformedUrl)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on")
        // 32 MB: a page that many commits change is carried over once for all of them.
        .pragma("wal_autocheckpoint", "8000")
        .pragma("journal_size_limit", "67108864")
        // A list joins few cells with a long ledger: an index made for one query would read all of it.
        .pragma("automatic_index", "off")
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-16000");
    refuse_network_file_system(options.get_filename())?;
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(20))
        .after_release(|connection, _| Box::pin(is_clear(connection)))
        .connect_with(options.clone())
        .await
        .map_err(OpenError::Unreachable)?;
    refuse_vulnerable_sqlite(&writer).await?;
    migrator(SQLITE)
        .run(&writer)
        .await
        .map_err(migration_error)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(6)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(
            options
                .create_if_missing(false)
                .pragma("query_only", "on")
                // Several of them; what they read most is in the system's cache anyway.
                .pragma("cache_size", "-2000"),
        )
        .await
        .map_err(OpenError::Unreachable)?;
    Store::over(Db::Sqlite { writer, readers }, None).await
}

/// Whether a connection that comes back to the pool is out of its transaction.
///
/// A full disk makes SQLite roll back by itself. The driver's own rollback then fails, and the connection
/// would count as in a transaction for ever: it is thrown away.
async fn is_clear(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A dropped transaction's rollback is still on its way; an answer comes after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

async fn open_postgres(url: &str) -> Result<Store, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(OpenError::MalformedUrl)?
        .application_name("tenant-atlas")
        // A start-up parameter that poolers refuse, and about numbers that no table has.
        .extra_float_digits(None)
        .disable_statement_logging();
    let sessions = sessions_of(url);
    let pool: PgPool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(5))
        .max_lifetime(Duration::from_secs(1800))
        // A pooler's session is checked by the transaction that is given it.
        .test_before_acquire(sessions == Sessions::Own)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // Not start-up parameters: a pooler in between may refuse those.
                connection.execute("set statement_timeout = '30s'").await?;
                connection.execute("set lock_timeout = '5s'").await?;
                // Compiling a plan takes longer than any statement here does.
                connection.execute("set jit = off").await?;
                connection
                    .execute("set idle_in_transaction_session_timeout = '30s'")
                    .await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(OpenError::Unreachable)?;
    let db = Db::Postgres {
        pool: pool.clone(),
        sessions,
    };
    if !is_migrated(&pool).await {
        migrator(POSTGRES)
            .run(&pool)
            .await
            .map_err(migration_error)?;
    }
    let hints = (sessions == Sessions::Own).then(|| Hints::start(pool));
    Store::over(db, hints).await
}

/// Behind a pooler that gives a session to each transaction, the URL says so by an empty statement cache.
fn sessions_of(url: &str) -> Sessions {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    if parameters
        .split('&')
        .any(|it| it == "statement-cache-capacity=0")
    {
        Sessions::Pooled
    } else {
        Sessions::Own
    }
}

/// Whether every migration of this program, and no other, is in the database.
///
/// Asked before the migrator is: its lock is a session's, and behind a pooler it might never be given back.
async fn is_migrated(pool: &PgPool) -> bool {
    applied(pool).await.is_ok_and(|applied| {
        let known = migrator(POSTGRES);
        let known = known.iter().map(|it| (it.version, it.checksum.to_vec()));
        known.eq(applied)
    })
}

async fn applied(pool: &PgPool) -> Result<Vec<(i64, Vec<u8>)>, sqlx::Error> {
    let mut tx = pool.begin_with("begin").await?;
    let query = sqlx::query_as(
        "select version, checksum from _sqlx_migrations where success order by version",
    );
    query.persistent(false).fetch_all(&mut *tx).await
}

async fn refuse_vulnerable_sqlite(writer: &sqlx::SqlitePool) -> Result<(), OpenError> {
    let found: String = sqlx::query_scalar("select sqlite_version()")
        .fetch_one(writer)
        .await
        .map_err(OpenError::Unreachable)?;
    if is_safe_sqlite(&found) {
        Ok(())
    } else {
        Err(OpenError::VulnerableSqlite { found })
    }
}

/// Whether a SQLite version has the fix of the WAL-reset bug.
fn is_safe_sqlite(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    );
    version >= (3, 51, 3)
}

/// SQLite's locks do not hold over a network; the mount table says what a path lies on.
fn refuse_network_file_system(file: &Path) -> Result<(), OpenError> {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mounts") else {
        return Ok(());
    };
    let folder = file.parent().unwrap_or(file);
    let Ok(folder) = folder.canonicalize() else {
        return Ok(());
    };
    let kind = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(mount, _)| folder.starts_with(mount))
        .max_by_key(|(mount, _)| mount.len())
        .map(|(_, kind)| kind.to_owned());
    match kind {
        Some(kind)
            if matches!(
                kind.as_str(),
                "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "ceph"
            ) =>
        {
            Err(OpenError::NetworkFileSystem {
                path: file.display().to_string(),
                kind,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d01_sqlite_below_the_fix_is_refused() {
        for (version, safe) in [
            ("3.51.3", true),
            ("3.53.0", true),
            ("4.0.0", true),
            ("3.51.2", false),
            ("3.46.0", false),
            ("", false),
        ] {
            assert_eq!(is_safe_sqlite(version), safe, "{version}");
        }
    }

    #[test]
    fn an_empty_statement_cache_says_that_sessions_are_pooled() {
        for (url, sessions) in [
            ("postgres://a@b/c", Sessions::Own),
            ("postgres://a@b/c?sslmode=disable", Sessions::Own),
            (
                "postgres://a@b/c?statement-cache-capacity=100",
                Sessions::Own,
            ),
            (
                "postgres://a@b/c?sslmode=disable&statement-cache-capacity=0",
                Sessions::Pooled,
            ),
        ] {
            assert_eq!(sessions_of(url), sessions, "{url}");
        }
    }
}
