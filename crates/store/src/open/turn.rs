//! Waiting while another process migrates the database.

use std::{
    io,
    pin::pin,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use super::OpenError;
use crate::{error::is_held_by_another, sql};

/// How long a process waits for others that make or migrate its database.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// One process's wait for its turn to migrate a database.
///
/// A database gives the turn, or refuses it after a second, by a limit that is set at the connection: so the wait is
/// bounded here, and not by what a statement or a lock may take there. Behind a pooler no connection can be given
/// that limit: there a process asks once, and leaves when its patience is over.
pub(super) struct Turn {
    dialect: &'static str,
    patience: Duration,
    begun: Instant,
    is_told: bool,
}

impl Turn {
    /// Nobody has refused it yet.
    pub(super) fn new(dialect: &'static str, patience: Duration) -> Self {
        Self {
            dialect,
            patience,
            begun: Instant::now(),
            is_told: false,
        }
    }

    /// What came of a question that nobody refuses, unless its answer has lasted too long.
    pub(super) async fn within<T>(
        &mut self,
        asked: impl Future<Output = T>,
    ) -> Result<T, OpenError> {
        let mut asked = pin!(asked);
        if let Ok(answer) = timeout(LOOK, &mut asked).await {
            return Ok(answer);
        }
        self.tell();
        let rest = self.patience.saturating_sub(LOOK);
        let answer = timeout(rest, asked).await;
        answer.map_err(|_| {
            let silent = io::Error::new(io::ErrorKind::TimedOut, "the database gave no turn");
            self.given_up(sqlx::Error::Io(silent))
        })
    }

    /// What to tell when it has lasted too long.
    fn given_up(&self, error: sqlx::Error) -> OpenError {
        let minutes = self.patience.as_secs() / 60;
        OpenError::StillMigrated { minutes, error }
    }

    /// Says once that it waits.
    fn tell(&mut self) {
        if !self.is_told {
            self.is_told = true;
            tracing::warn!(
                "another process migrates the database, or writes to it all the time; waiting for it, \
                 {} minutes at most",
                self.patience.as_secs() / 60
            );
        }
    }

    /// Answers a refusal: it is to be asked again, unless this is no refusal or has lasted too long.
    pub(super) async fn refused(&mut self, error: sqlx::Error) -> Result<(), OpenError> {
        if !is_held_by_another(&error) {
            return Err(OpenError::migrating(error.into()));
        }
        if self.begun.elapsed() >= self.patience {
            return Err(self.given_up(error));
        }
        self.tell();
        sql::note(self.dialect, WAIT).await;
        Ok(())
    }
}

/// How long a database takes to refuse, and how long a process waits for one that does not before it says so.
const LOOK: Duration = Duration::from_secs(1);

/// What a test is asked at the border between two refusals.
const WAIT: &str = "migration_wait";
