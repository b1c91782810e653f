//! Opening a SQLite file.

use std::{path::Path, str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    OpenError, Standing,
    look::{self, Seen},
    schema::{APPLIED, Applied, SQLITE, migrator},
    turn::Turn,
};
use crate::sql::{Db, Refused};

const TABLES: &str = "select name from sqlite_schema where type in ('table', 'view')
   and name not like 'sqlite!_%' escape '!' order by name";
const HABITAT: &str = "select habitat from installation";

fn file(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    let options = SqliteConnectOptions::from_str(url).map_err(OpenError::MalformedUrl)?;
    Ok(options.busy_timeout(Duration::from_secs(5)))
}

/// What is in the file, by a connection that cannot write and makes none.
pub(super) async fn look(url: &str) -> Result<Standing, OpenError> {
    let options = file(url)?
        .create_if_missing(false)
        .pragma("query_only", "on");
    if !options.get_filename().exists() {
        return Ok(Standing::Absent);
    }
    refuse_network_file_system(options.get_filename())?;
    let mut connection = options.connect().await.map_err(OpenError::Unreachable)?;
    let seen = see(&mut connection).await.map_err(OpenError::Unreachable)?;
    connection.close().await.map_err(OpenError::Unreachable)?;
    look::judge(SQLITE, seen)
}

async fn see(connection: &mut SqliteConnection) -> Result<Seen, sqlx::Error> {
    let mut seen = Seen {
        tables: sqlx::query_scalar(TABLES)
            .fetch_all(&mut *connection)
            .await?,
        ..Seen::default()
    };
    if seen.has(look::MIGRATIONS) {
        let applied = sqlx::query_as::<_, (_, _, _, _)>(APPLIED);
        let applied = applied.fetch_all(&mut *connection).await?;
        seen.applied = applied.into_iter().map(Applied::from).collect();
    }
    if seen.has(look::INSTALLATION) {
        seen.habitat = sqlx::query_scalar(HABITAT)
            .fetch_optional(connection)
            .await?;
    }
    Ok(seen)
}

/// Opens the file, and makes it, and brings it to this version.
pub(super) async fn open(
    url: &str,
    standing: &Standing,
    patience: Duration,
) -> Result<Db, OpenError> {
    let db = pools(new_file(url)?).await?;
    if let Db::Sqlite { writer, .. } = &db
        && !standing.is_current()
    {
        migrate(writer, patience).await?;
    }
    Ok(db)
}

/// Makes the file with nothing in it yet, for one connection that may write.
#[cfg(debug_assertions)]
pub(super) async fn made(url: &str) -> Result<sqlx::SqlitePool, OpenError> {
    let one = SqlitePoolOptions::new().max_connections(1);
    let pool = one.connect_with(new_file(url)?.foreign_keys(false)).await;
    pool.map_err(OpenError::Unreachable)
}

fn new_file(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    let options = file(url)?.create_if_missing(true);
    Ok(options.journal_mode(SqliteJournalMode::Wal))
}

/// Brings the file to this version.
///
/// A table whose constraints change is made anew, which SQLite allows only while it does not ask foreign keys; a
/// migration that does so asks all of them at its end. All of this is said to one connection; to another one
/// foreign keys would be asked, and the migration refused.
async fn migrate(writer: &sqlx::SqlitePool, patience: Duration) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::migrating(error.into());
    let mut connection = writer.acquire().await.map_err(failed)?;
    for setting in ["pragma foreign_keys = off", "pragma busy_timeout = 1000"] {
        let set = sqlx::query(setting).execute(&mut *connection).await;
        set.map_err(failed)?;
    }
    migrate_alone(&mut connection, patience).await?;
    for setting in ["pragma foreign_keys = on", "pragma busy_timeout = 5000"] {
        let set = sqlx::query(setting).execute(&mut *connection).await;
        set.map_err(failed)?;
    }
    Ok(())
}

/// Migrates once nobody else writes; which migrations are there already is read only then.
///
/// The migrator has no lock on SQLite, and its own transactions begin with reading: of two at once one would find
/// the file changed under it. In one transaction that begins with writing, they come one after the other.
async fn migrate_alone(
    connection: &mut SqliteConnection,
    patience: Duration,
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::migrating(error.into());
    let mut turn = Turn::new("sqlite", patience);
    let mut alone = loop {
        match connection.begin_with("begin immediate").await {
            Ok(alone) => break alone,
            Err(error) => turn.refused(error).await?,
        }
    };
    // `run` is the same for a pool; with a connection its future cannot be shown to be `Send`.
    match migrator(SQLITE).run_direct(None, &mut *alone, false).await {
        Ok(()) => alone.commit().await.map_err(failed),
        Err(error) => {
            // What it answered is told, whatever becomes of this; nothing is kept without a commit.
            let _ = alone.rollback().await;
            Err(OpenError::migrating(error))
        }
    }
}

/// Opens the file as it is.
pub(super) async fn open_as_it_is(url: &str) -> Result<Db, OpenError> {
    pools(file(url)?.create_if_missing(false)).await
}

async fn pools(options: SqliteConnectOptions) -> Result<Db, OpenError> {
    let options = options
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // As many as a claim or a group of ends reads: with fewer, file and program wait for each other in turns.
        .row_buffer_size(1024)
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
    Ok(Db::Sqlite {
        writer,
        readers,
        refused: Refused::default(),
    })
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
}
