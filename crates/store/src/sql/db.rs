//! The pools of either database.

use std::time::Duration;

use domain::time::Timestamp;
use sqlx::{PgPool, SqlitePool};

use super::{
    Fragments, Line, Refused, Row, Statement, Tx, Value,
    tx::{self, Open},
};
use crate::error::StoreError;

/// An open database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// SQLite: one writer, several readers that cannot write.
    Sqlite {
        /// A pool of one connection.
        writer: SqlitePool,
        /// Read-only connections.
        readers: SqlitePool,
        /// When it last could not be written.
        refused: Refused,
    },
    /// PostgreSQL.
    Postgres {
        /// Its connections.
        pool: PgPool,
        /// What they are like.
        line: Line,
        /// When it last could not be written.
        refused: Refused,
    },
}

/// Whether what one statement leaves in a connection is there for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// Every connection leads to a session of its own, which keeps prepared statements and settings.
    Own,
    /// A pooler gives a session to each transaction: nothing is prepared for later, and every statement
    /// stands in a transaction, so that it is parsed and run in the same session.
    Pooled,
}

impl Db {
    /// Begins a write transaction.
    ///
    /// On PostgreSQL `begin` is not cancel-safe in sqlx 0.9.0, so it runs in a task of its own:
    /// a dropped request cannot leave a connection in the pool with an open transaction.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        self.write_within(Line::PATIENCE).await
    }

    /// The same where each answer is waited for no longer than this, because it would come too late.
    ///
    /// Only PostgreSQL can fail to answer; whoever waits for SQLite's writer keeps their place.
    pub(crate) async fn write_within(&self, most: Duration) -> Result<Tx, StoreError> {
        self.writing(most, Purpose::Write).await
    }

    /// Begins a transaction that writes for several who have nothing to do with each other.
    ///
    /// PostgreSQL waits a second for a lock in it, and not five: what one of them needs, and somebody holds, is not
    /// to hold the others up.
    pub(crate) async fn write_together(&self) -> Result<Tx, StoreError> {
        self.writing(Line::PATIENCE, Purpose::WriteTogether).await
    }

    async fn writing(&self, most: Duration, purpose: Purpose) -> Result<Tx, StoreError> {
        tx::note(self.dialect(), "begin").await;
        let begun = match self {
            Self::Sqlite { writer, .. } => begin_immediate(writer).await,
            Self::Postgres { pool, line, .. } => {
                let patience = line.patience.min(most);
                let line = Line { patience, ..*line };
                begin(pool, line, purpose).await
            }
        };
        let refused = self.refused();
        Ok(Tx::new(refused.noted(begun)?, refused))
    }

    /// Runs a reading statement outside a transaction.
    pub(crate) async fn fetch(
        &self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        tx::note(self.dialect(), statement.name).await;
        match self {
            Self::Sqlite { readers, .. } => {
                let rows = tx::sqlite(statement, args).fetch_all(readers).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { pool, line, .. } if line.sessions == Sessions::Own => {
                let query = tx::postgres(statement, args, Sessions::Own);
                let reading = async { Ok(query.fetch_all(pool).await?) };
                let rows = tx::within(Some(line.patience), reading).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
            Self::Postgres { pool, line, .. } => {
                let mut tx = self.reading(pool, *line, Purpose::Read).await?;
                let rows = tx.fetch(statement, args).await?;
                tx.commit().await?;
                Ok(rows)
            }
        }
    }

    /// Runs a reading statement and answers its first row, if there is one.
    pub(crate) async fn first(
        &self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(statement, args).await?.into_iter().next())
    }

    /// Begins to walk along indexes.
    pub(crate) async fn walk(&self) -> Result<Walk<'_>, StoreError> {
        let tx = match self {
            Self::Sqlite { .. } => None,
            Self::Postgres { pool, line, .. } => {
                Some(self.reading(pool, *line, Purpose::Walk).await?)
            }
        };
        Ok(Walk { db: self, tx })
    }

    /// Runs a list query put together from constant pieces.
    pub(crate) async fn list(&self, fragments: Fragments) -> Result<Vec<Row>, StoreError> {
        tx::note(self.dialect(), fragments.name).await;
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                let rows = fragments.sqlite().build().fetch_all(readers).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres { pool, line, .. } => {
                // Planned each time for what it asks: a plan for any limit and any number of cells reads
                // the whole ledger.
                let mut query = fragments.postgres();
                let query = query.build().persistent(false);
                let rows = match line.sessions {
                    Sessions::Own => {
                        let reading = async { Ok(query.fetch_all(pool).await?) };
                        tx::within(Some(line.patience), reading).await?
                    }
                    Sessions::Pooled => {
                        let mut tx = self.reading(pool, *line, Purpose::Read).await?;
                        let rows = tx.list(query).await?;
                        tx.commit().await?;
                        rows
                    }
                };
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Begins a transaction of PostgreSQL's that only reads.
    async fn reading(&self, pool: &PgPool, line: Line, purpose: Purpose) -> Result<Tx, StoreError> {
        Ok(Tx::new(begin(pool, line, purpose).await?, self.refused()))
    }

    /// When it last could not be written.
    pub(crate) const fn refused(&self) -> &Refused {
        match self {
            Self::Sqlite { refused, .. } | Self::Postgres { refused, .. } => refused,
        }
    }

    /// Whether it locks rows; the other one locks the whole file, for whoever writes.
    pub(crate) const fn locks_rows(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Which database this is, as logs name it.
    pub(crate) const fn dialect(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }
}

/// Reading statements that walk along indexes, a few steps in each; nothing is locked by them.
///
/// PostgreSQL is kept from collecting and sorting instead, which is what it plans for a table that was
/// analysed while it was empty.
pub(crate) struct Walk<'a> {
    db: &'a Db,
    tx: Option<Tx>,
}

impl Walk<'_> {
    /// Runs one of them and reads all its rows, as they are at this moment.
    pub(crate) async fn fetch(
        &mut self,
        statement: &'static Statement,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        match &mut self.tx {
            Some(tx) => tx.fetch(statement, args).await,
            None => self.db.fetch(statement, args).await,
        }
    }

    /// The present moment by the database's clock.
    pub(crate) async fn now(&mut self) -> Result<Timestamp, StoreError> {
        match &mut self.tx {
            Some(tx) => tx.now().await,
            None => self.db.now().await,
        }
    }

    /// Ends the walk.
    pub(crate) async fn end(self) -> Result<(), StoreError> {
        match self.tx {
            Some(tx) => tx.give_up().await,
            None => Ok(()),
        }
    }
}

/// What a transaction is for.
#[derive(Clone, Copy)]
enum Purpose {
    /// Reading, planned as ever.
    Read,
    /// Writing rows that are found by their keys.
    Write,
    /// The same for several, of whom one may stand in the others' way.
    WriteTogether,
    /// Reading a few rows along indexes.
    Walk,
}

macro_rules! begin {
    ($($settings:literal)*) => {
        concat!("begin isolation level read committed", $("; set local ", $settings),*)
    };
}

/// The same between a pooler's clients: its session keeps no settings of ours from one transaction to the next.
macro_rules! begin_pooled {
    ($($settings:literal)*) => {
        begin!("statement_timeout = '30s'" "lock_timeout = '5s'" "jit = off"
            "idle_in_transaction_session_timeout = '8s'" $($settings)*)
    };
}

/// How a transaction begins, and which plans it lets in.
///
/// What writes looks up rows by their keys. Its plans are kept, and one that was made while a table was small
/// reads the whole of it later, until the table's statistics are next made: so only plans by key are let in. There is
/// one such plan, whatever is asked for; PostgreSQL planned many statements anew each time, because few rows seemed to
/// cost less than any number of them, and that took a tenth of all processor time at 200 presses a second.
const fn opening(sessions: Sessions, purpose: Purpose) -> &'static str {
    match (sessions, purpose) {
        (Sessions::Own, Purpose::Read) => begin!(),
        (Sessions::Own, Purpose::Write) => {
            begin!("enable_seqscan = off" "enable_hashjoin = off" "enable_mergejoin = off"
                "plan_cache_mode = force_generic_plan")
        }
        (Sessions::Own, Purpose::WriteTogether) => {
            begin!("enable_seqscan = off" "enable_hashjoin = off" "enable_mergejoin = off"
                "plan_cache_mode = force_generic_plan" "lock_timeout = '1s'")
        }
        (Sessions::Own, Purpose::Walk) => {
            begin!("enable_seqscan = off" "enable_bitmapscan = off" "enable_sort = off"
                "plan_cache_mode = force_generic_plan")
        }
        (Sessions::Pooled, Purpose::Read) => begin_pooled!(),
        (Sessions::Pooled, Purpose::Write) => {
            begin_pooled!("enable_seqscan = off" "enable_hashjoin = off" "enable_mergejoin = off")
        }
        (Sessions::Pooled, Purpose::WriteTogether) => {
            begin_pooled!("enable_seqscan = off" "enable_hashjoin = off" "enable_mergejoin = off"
                "lock_timeout = '1s'")
        }
        (Sessions::Pooled, Purpose::Walk) => {
            begin_pooled!("enable_seqscan = off" "enable_bitmapscan = off" "enable_sort = off")
        }
    }
}

/// Begins a transaction as the file's one writer, in a task of its own.
async fn begin_immediate(writer: &SqlitePool) -> Result<Open, StoreError> {
    let writer = writer.clone();
    let begun = tokio::spawn(async move { writer.begin_with("begin immediate").await });
    Ok(Open::Sqlite(begun.await.map_err(|_| StoreError::Stopped)??))
}

/// Begins a transaction in a task of its own, which a dropped request does not interrupt.
///
/// A `begin` that is broken off because nothing answers can leave an empty transaction open, on a connection that
/// the pool closes unless it answers after all; the server ends it then.
async fn begin(pool: &PgPool, line: Line, purpose: Purpose) -> Result<Open, StoreError> {
    let pool = pool.clone();
    let begin = opening(line.sessions, purpose);
    let begun = tokio::spawn(tx::within(Some(line.patience), async move {
        Ok(pool.begin_with(begin).await?)
    }));
    let tx = begun.await.map_err(|_| StoreError::Stopped)??;
    Ok(Open::Postgres(tx, line))
}
