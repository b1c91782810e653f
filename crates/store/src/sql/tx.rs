//! A write transaction of either database.

use std::{
    io,
    time::{Duration, Instant},
};

use sqlx::{
    Postgres, Sqlite, Transaction,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::SqliteArguments,
};

use super::{Refused, Row, Rows, Sessions, Statement, Value};
use crate::error::StoreError;

/// A write transaction; rolls back when dropped.
pub(crate) struct Tx {
    open: Open,
    refused: Refused,
}

/// What either driver has open.
pub(super) enum Open {
    /// `BEGIN IMMEDIATE` on the one writer connection.
    Sqlite(Transaction<'static, Sqlite>),
    /// READ COMMITTED, with the timeouts of a short transaction.
    Postgres(Transaction<'static, Postgres>, Line),
}

impl Tx {
    /// A transaction that has begun.
    pub(super) fn new(open: Open, refused: &Refused) -> Self {
        Self {
            open,
            refused: refused.clone(),
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        note(self.open.dialect(), statement.name).await;
        let patience = self.open.patience();
        let done = timed(statement.name, patience, async {
            Ok(match &mut self.open {
                Open::Sqlite(tx) => sqlite(statement, args)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected(),
                Open::Postgres(tx, line) => postgres(statement, args, line.sessions)
                    .execute(&mut **tx)
                    .await?
                    .rows_affected(),
            })
        });
        self.refused.noted(done.await)
    }

    /// Runs a statement and reads all its rows.
    pub(crate) async fn fetch(
        &mut self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        note(self.open.dialect(), statement.name).await;
        let patience = self.open.patience();
        let done = timed(statement.name, patience, async {
            Ok(match &mut self.open {
                Open::Sqlite(tx) => {
                    let rows = sqlite(statement, args).fetch_all(&mut **tx).await?;
                    rows.into_iter().map(Row::Sqlite).collect()
                }
                Open::Postgres(tx, line) => {
                    let rows = postgres(statement, args, line.sessions)
                        .fetch_all(&mut **tx)
                        .await?;
                    rows.into_iter().map(Row::Postgres).collect()
                }
            })
        });
        self.refused.noted(done.await)
    }

    /// Runs a set statement over rows, whose parameters stand before the others.
    pub(crate) async fn execute_rows(
        &mut self,
        statement: &'static Statement,
        rows: Rows,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        note(self.open.dialect(), statement.name).await;
        let patience = self.open.patience();
        let done = timed(statement.name, patience, async {
            Ok(match &mut self.open {
                Open::Sqlite(tx) => {
                    let mut changed = 0;
                    for query in rows.given(text(statement.name, statement.sqlite)) {
                        let query = bind_sqlite(query, args.clone());
                        changed += query.execute(&mut **tx).await?.rows_affected();
                    }
                    changed
                }
                Open::Postgres(tx, line) => {
                    let query = rows.bind_postgres(text_of(statement, line.sessions));
                    let done = bind_postgres(query, args).execute(&mut **tx).await?;
                    done.rows_affected()
                }
            })
        });
        self.refused.noted(done.await)
    }

    /// Runs a set statement over rows and reads what it returns.
    pub(crate) async fn fetch_rows(
        &mut self,
        statement: &'static Statement,
        rows: Rows,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        note(self.open.dialect(), statement.name).await;
        let patience = self.open.patience();
        let done = timed(statement.name, patience, async {
            Ok(match &mut self.open {
                Open::Sqlite(tx) => {
                    let mut found = Vec::new();
                    for query in rows.given(text(statement.name, statement.sqlite)) {
                        let query = bind_sqlite(query, args.clone());
                        found.extend(query.fetch_all(&mut **tx).await?);
                    }
                    found.into_iter().map(Row::Sqlite).collect()
                }
                Open::Postgres(tx, line) => {
                    let query = rows.bind_postgres(text_of(statement, line.sessions));
                    let found = bind_postgres(query, args).fetch_all(&mut **tx).await?;
                    found.into_iter().map(Row::Postgres).collect()
                }
            })
        });
        self.refused.noted(done.await)
    }

    /// Runs a statement and reads its first row, if there is one.
    pub(crate) async fn first(
        &mut self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(statement, args).await?.into_iter().next())
    }

    /// Whether one statement may change several tables, which spares the way to a server and back.
    pub(crate) const fn changes_several_in_one(&self) -> bool {
        matches!(self.open, Open::Postgres(..))
    }

    /// Commits.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self { open, refused } = self;
        note(open.dialect(), "commit").await;
        let done = timed("commit", open.patience(), async {
            match open {
                Open::Sqlite(tx) => tx.commit().await?,
                Open::Postgres(tx, _) => tx.commit().await?,
            }
            Ok(())
        });
        refused.noted(done.await)
    }

    /// Ends a transaction without keeping anything of it.
    pub(crate) async fn give_up(self) -> Result<(), StoreError> {
        within(self.open.patience(), async {
            match self.open {
                Open::Sqlite(tx) => tx.rollback().await?,
                Open::Postgres(tx, _) => tx.rollback().await?,
            }
            Ok(())
        })
        .await
    }

    /// Runs a list query on PostgreSQL; SQLite's lists are read by its readers alone.
    pub(super) async fn list(
        &mut self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        within(self.open.patience(), async {
            match &mut self.open {
                Open::Sqlite(_) => Err(StoreError::NotFound),
                Open::Postgres(tx, _) => Ok(query.fetch_all(&mut **tx).await?),
            }
        })
        .await
    }
}

impl Open {
    /// How long an answer is waited for; a file's comes, or the program is gone with it.
    const fn patience(&self) -> Option<Duration> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(_, line) => Some(line.patience),
        }
    }

    const fn dialect(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(..) => "postgres",
        }
    }
}

/// The way to a PostgreSQL server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Whether its connections are this process's own.
    pub(crate) sessions: Sessions,
    /// How long an answer is waited for.
    pub(crate) patience: Duration,
}

impl Line {
    /// Longer than a statement may take there: when this has passed, nobody is left who would answer.
    ///
    /// Without it a network that swallows everything holds a heartbeat for a quarter of an hour, as long as the
    /// kernel sends again.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(35);
}

/// Waits for an answer as long as one can still come.
///
/// What is broken off leaves a connection of which nobody knows where it stands: the pool asks it as it comes back,
/// and closes it when it stays silent.
pub(super) async fn within<T>(
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let Some(patience) = patience else {
        return work.await;
    };
    match tokio::time::timeout(patience, work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::from(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "the database does not answer",
        )))),
    }
}

/// Waits for a statement's answer, and tells the log how long it took when somebody asks for `store::statement`.
async fn timed<T>(
    statement: &'static str,
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    if !tracing::enabled!(target: "store::statement", tracing::Level::TRACE) {
        return within(patience, work).await;
    }
    let begun = Instant::now();
    let done = within(patience, work).await;
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::trace!(target: "store::statement", statement, micros);
    done
}

/// Remembers that a statement ran, and waits where a test wants to be before it; costs nothing in a release build.
pub(crate) async fn note(dialect: &'static str, name: &'static str) {
    #[cfg(debug_assertions)]
    {
        super::statement::log::ran(dialect, name);
        super::statement::border::reach(name).await;
    }
    #[cfg(not(debug_assertions))]
    let _ = (dialect, name);
}

#[cfg(feature = "planted")]
use crate::planted::text;

/// What is sent is what is written down.
#[cfg(not(feature = "planted"))]
const fn text(_: &'static str, text: &'static str) -> &'static str {
    text
}

pub(super) fn sqlite(
    statement: &'static Statement,
    args: Vec<Value>,
) -> Query<'static, Sqlite, SqliteArguments> {
    bind_sqlite(sqlx::query(text(statement.name, statement.sqlite)), args)
}

fn bind_sqlite(
    mut query: Query<'static, Sqlite, SqliteArguments>,
    args: Vec<Value>,
) -> Query<'static, Sqlite, SqliteArguments> {
    for value in args {
        query = match value {
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Id(v) => query.bind(v),
            Value::Flag(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v),
        };
    }
    query
}

pub(super) fn postgres(
    statement: &'static Statement,
    args: Vec<Value>,
    sessions: Sessions,
) -> Query<'static, Postgres, PgArguments> {
    bind_postgres(text_of(statement, sessions), args)
}

/// A statement's text; prepared for later only in a session that is there later.
fn text_of(
    statement: &'static Statement,
    sessions: Sessions,
) -> Query<'static, Postgres, PgArguments> {
    sqlx::query(text(statement.name, statement.postgres)).persistent(sessions == Sessions::Own)
}

fn bind_postgres(
    mut query: Query<'static, Postgres, PgArguments>,
    args: Vec<Value>,
) -> Query<'static, Postgres, PgArguments> {
    for value in args {
        query = match value {
            Value::Int(v) => query.bind(v),
            Value::Text(v) => query.bind(v),
            Value::Id(v) => query.bind(v),
            Value::Flag(v) => query.bind(v),
            Value::Bytes(v) => query.bind(v),
        };
    }
    query
}
