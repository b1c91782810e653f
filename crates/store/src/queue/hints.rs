//! Hints across processes that a run was queued: PostgreSQL's notifications, and never the truth.
//!
//! A transaction with a notification takes a lock of the whole server as it commits, so none that does work has
//! one: a task of its own sends it after the commit, and one for all the runs of a burst. The listener has a
//! connection of its own. A hint that is lost costs what is left of a worker's pause between two looks.

use std::{
    io,
    time::{Duration, Instant},
};

use sqlx::{
    Executor as _, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{
    Store,
    error::StoreError,
    sql::{Db, Line, Sessions},
};

const CHANNEL: &str = "tenant_atlas_queue";
const NOTIFY: &str = "notify tenant_atlas_queue";
const PROBE: &str = "tenant_atlas_probe";
const NOTIFY_PROBE: &str = "notify tenant_atlas_probe";
/// Of the runs queued in so long, one hint tells.
const BURST: Duration = Duration::from_millis(20);
/// After a listener broke off.
const AGAIN: Duration = Duration::from_secs(5);
/// How long a probe is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// After so long without a hint a listener is asked whether its connection is still there.
const QUIET: Duration = Duration::from_secs(60);
const ALIVE: &str = "select 1";

/// Whether notifications get through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HintReport {
    /// The database has none; processes look by themselves.
    None,
    /// A pooler stands before the database; processes look by themselves.
    Pooled,
    /// They arrive, after so long.
    Through(Duration),
    /// They do not, as behind a pooler that shares connections.
    Lost,
}

/// Where hints are handed in; the task behind it ends with the last handle.
#[derive(Debug, Clone)]
pub(crate) struct Hints(mpsc::Sender<()>);

impl Hints {
    /// Begins to send.
    pub(crate) fn start(pool: PgPool) -> Self {
        let (sender, mut receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while receiver.recv().await.is_some() {
                if let Err(error) = notify(&pool, NOTIFY).await {
                    tracing::debug!(error = %error, "a hint was not sent; others find the run by themselves");
                }
                sleep(BURST).await;
            }
        });
        Self(sender)
    }

    /// Has one sent; one that waits already tells of this run too.
    pub(crate) fn send(&self) {
        let _ = self.0.try_send(());
    }
}

/// Without parameters, so that nothing is prepared: a pooler in between would mix that up.
async fn notify(pool: &PgPool, statement: &'static str) -> Result<(), sqlx::Error> {
    let sending = timeout(PATIENCE, pool.execute(statement));
    sending.await.unwrap_or_else(|_| Err(silent())).map(drop)
}

fn silent() -> sqlx::Error {
    let why = "the connection for hints does not answer";
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why))
}

/// Waits for the next hint; a connection that nobody holds at its other end brings none, and no error either.
async fn hear(listener: &mut PgListener, quiet: Duration) -> Result<(), sqlx::Error> {
    loop {
        if let Ok(heard) = timeout(quiet, listener.recv()).await {
            return heard.map(drop);
        }
        let asking = timeout(PATIENCE, listener.execute(ALIVE));
        asking.await.unwrap_or_else(|_| Err(silent()))?;
    }
}

/// A listener on a connection of its own, so that it takes none from those that work.
async fn listen(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(pool.connect_options().as_ref().clone())
        .await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(channel).await?;
    Ok(listener)
}

impl Store {
    /// Rings this process's bell for what other processes queue; never returns, and needs not be there.
    pub async fn hear_hints(&self) {
        self.hear_hints_within(QUIET).await;
    }

    /// The same, asking after another silence whether the connection is still there.
    pub(crate) async fn hear_hints_within(&self, quiet: Duration) {
        let (Db::Postgres { pool, .. }, Some(_)) = (&self.db, &self.hints) else {
            return std::future::pending().await;
        };
        loop {
            let error = match listen(pool, CHANNEL).await {
                Ok(mut listener) => loop {
                    match hear(&mut listener, quiet).await {
                        Ok(()) => self.queue_changed.notify_one(),
                        Err(error) => break error,
                    }
                },
                Err(error) => error,
            };
            tracing::debug!(error = %error, "no hints; looking by myself");
            sleep(AGAIN).await;
        }
    }

    /// Tries whether notifications get through.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hint_report(&self) -> Result<HintReport, StoreError> {
        let pool = match &self.db {
            Db::Sqlite { .. } => return Ok(HintReport::None),
            // Listener and sender may meet in one session of its, and get what was meant for the other.
            Db::Postgres {
                line:
                    Line {
                        sessions: Sessions::Pooled,
                        ..
                    },
                ..
            } => return Ok(HintReport::Pooled),
            Db::Postgres { pool, .. } => pool,
        };
        let mut listener = listen(pool, PROBE).await?;
        let begun = Instant::now();
        notify(pool, NOTIFY_PROBE).await?;
        Ok(match timeout(PATIENCE, listener.recv()).await {
            Ok(Ok(_)) => HintReport::Through(begun.elapsed()),
            _ => HintReport::Lost,
        })
    }
}
