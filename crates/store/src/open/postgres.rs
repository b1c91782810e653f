//! Opening a PostgreSQL database.

use std::{io, str::FromStr as _, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool,
    migrate::{Migrate as _, MigrateError},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::timeout;

use super::{
    OpenError, Standing,
    look::{self, Seen},
    schema::{APPLIED, Applied, POSTGRES, migrator},
    turn::Turn,
};
use crate::sql::{Db, Line, Refused, Sessions};

// What an extension brought along belongs to nobody.
const TABLES: &str =
    "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and not exists (select 1 from pg_depend d
       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   order by 1";
const HABITAT: &str = "select habitat from installation";
/// How long a connection that comes back may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// How long a statement waits for what others hold.
const LOCK_TIMEOUT: &str = "set lock_timeout = '5s'";
const SESSION: &str = "select pg_backend_pid()";

fn server(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url).map_err(OpenError::MalformedUrl)?;
    Ok(options
        .application_name("tenant-atlas")
        // A start-up parameter that poolers refuse, and about numbers that no table has.
        .extra_float_digits(None)
        .disable_statement_logging())
}

/// What is in the database, in a transaction that cannot write.
pub(super) async fn look(url: &str) -> Result<Standing, OpenError> {
    let options = server(url)?;
    let mut connection = options.connect().await.map_err(OpenError::unreachable)?;
    if sessions_of(url) == Sessions::Own {
        refuse_shared_sessions(&options, &mut connection).await?;
    }
    let seen = see(&mut connection).await.map_err(OpenError::unreachable)?;
    connection.close().await.map_err(OpenError::unreachable)?;
    look::judge(POSTGRES, seen)
}

/// Two connections at once have two sessions, unless a pooler gives them the same one in turn.
async fn refuse_shared_sessions(
    options: &PgConnectOptions,
    first: &mut PgConnection,
) -> Result<(), OpenError> {
    let mut second = options.connect().await.map_err(OpenError::unreachable)?;
    let sessions = (
        session(first).await.map_err(OpenError::unreachable)?,
        session(&mut second).await.map_err(OpenError::unreachable)?,
    );
    second.close().await.map_err(OpenError::unreachable)?;
    if sessions.0 == sessions.1 {
        return Err(OpenError::SharedSessions);
    }
    Ok(())
}

async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    // In a transaction: what is parsed is run in the same session.
    let mut tx = connection.begin().await?;
    let session = sqlx::query_scalar(SESSION).persistent(false);
    let session = session.fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(session)
}

async fn see(connection: &mut PgConnection) -> Result<Seen, sqlx::Error> {
    let mut tx = connection.begin_with("begin read only").await?;
    let tables = sqlx::query_scalar(TABLES).persistent(false);
    let mut seen = Seen {
        tables: tables.fetch_all(&mut *tx).await?,
        ..Seen::default()
    };
    if seen.has(look::MIGRATIONS) {
        let applied = sqlx::query_as::<_, (_, _, _, _)>(APPLIED).persistent(false);
        let applied = applied.fetch_all(&mut *tx).await?;
        seen.applied = applied.into_iter().map(Applied::from).collect();
    }
    if seen.has(look::INSTALLATION) {
        let habitat = sqlx::query_scalar(HABITAT).persistent(false);
        seen.habitat = habitat.fetch_optional(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(seen)
}

/// Opens the database and brings it to this version.
///
/// The migrator's lock is a session's, and behind a pooler it might never be given back: one that is at this
/// version already is not asked for it.
pub(super) async fn open(
    url: &str,
    standing: &Standing,
    patience: Duration,
) -> Result<(Db, PgPool), OpenError> {
    let (db, pool) = open_as_it_is(url).await?;
    if !standing.is_current() {
        let failed = |error: sqlx::Error| OpenError::migrating(error.into());
        // Not the pool's any more: given up while it waits for the lock, it is closed, and the server lets go of it.
        let mut connection = pool.acquire().await.map_err(failed)?.detach();
        migrate(&mut connection, sessions_of(url), patience).await?;
        // The migration is committed, whatever becomes of the line.
        if let Err(error) = connection.close().await {
            tracing::debug!(%error, "the connection that migrated the database did not close in order");
        }
    }
    Ok((db, pool))
}

/// Brings the database to this version once nobody else does; which migrations are there already is read only then.
async fn migrate(
    connection: &mut PgConnection,
    sessions: Sessions,
    patience: Duration,
) -> Result<(), OpenError> {
    lock(connection, sessions, patience).await?;
    let mut migrator = migrator(POSTGRES);
    migrator.set_locking(false);
    // `run` is the same for a pool; with a connection its future cannot be shown to be `Send`.
    let migrated = migrator.run_direct(None, &mut *connection, false).await;
    let unlocked = connection.unlock().await;
    migrated.and(unlocked).map_err(OpenError::migrating)
}

/// Takes the migrator's lock, which migrators of every version take.
async fn lock(
    connection: &mut PgConnection,
    sessions: Sessions,
    patience: Duration,
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::migrating(error.into());
    let is_own = sessions == Sessions::Own;
    if is_own {
        let set = connection.execute("set lock_timeout = '1s'").await;
        set.map_err(failed)?;
    }
    let mut turn = Turn::new("postgres", patience);
    loop {
        let locked = match is_own {
            true => connection.lock().await,
            // Nobody refuses it, so it asks once.
            false => turn.within(connection.lock()).await?,
        };
        match locked {
            Ok(()) => break,
            Err(MigrateError::Execute(error)) => turn.refused(error).await?,
            Err(error) => return Err(OpenError::migrating(error)),
        }
    }
    if is_own {
        connection.execute(LOCK_TIMEOUT).await.map_err(failed)?;
    }
    Ok(())
}

/// Opens the database as it is.
pub(super) async fn open_as_it_is(url: &str) -> Result<(Db, PgPool), OpenError> {
    let sessions = sessions_of(url);
    let pool = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(5))
        .max_lifetime(Duration::from_secs(1800))
        // A pooler's session is checked by the transaction that is given it.
        .test_before_acquire(sessions == Sessions::Own)
        .after_connect(move |connection, _| Box::pin(settle(connection, sessions)))
        .after_release(|connection, _| Box::pin(answers(connection)))
        .connect_with(server(url)?)
        .await
        .map_err(OpenError::unreachable)?;
    let db = Db::Postgres {
        pool: pool.clone(),
        line: Line {
            sessions,
            patience: Line::PATIENCE,
        },
        refused: Refused::default(),
    };
    Ok((db, pool))
}

/// Whether a connection that comes back still answers; it also takes along the rollback of what was left open.
///
/// The pool asks by itself, but without an end: a line that swallows everything would hold a place in the pool
/// for a quarter of an hour. An error has the connection closed at once, without a word to the server.
async fn answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match timeout(ANSWERS_WITHIN, connection.ping()).await {
        Ok(answered) => answered.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "a connection that came back does not answer",
        ))),
    }
}

/// Settings of a session of our own; in a pooler's, each transaction brings its own along.
async fn settle(connection: &mut PgConnection, sessions: Sessions) -> Result<(), sqlx::Error> {
    if sessions == Sessions::Own {
        // Not start-up parameters: a pooler in between may refuse those.
        connection.execute("set statement_timeout = '30s'").await?;
        connection.execute(LOCK_TIMEOUT).await?;
        // Compiling a plan takes longer than any statement here does.
        connection.execute("set jit = off").await?;
        // No transaction here waits for anything but the database. A process that stands still in the middle of one
        // holds the heads of audit chains, and with them all of their workspaces' work: for less than a lease.
        connection
            .execute("set idle_in_transaction_session_timeout = '8s'")
            .await?;
    }
    Ok(())
}

/// Behind a pooler that gives a session to each transaction, the URL says so by an empty statement cache.
pub(super) fn sessions_of(url: &str) -> Sessions {
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

#[cfg(test)]
mod tests {
    use super::*;

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
