//! What can go wrong in the store.

use domain::ids::{ScheduleId, TenantId};

use crate::{runs::Ticked, sql::Row};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing for this scope.
    #[error("not found")]
    NotFound,
    /// The database answered an error.
    #[error("talking to the database")]
    Database(#[source] sqlx::Error),
    /// The database could not be reached, or did not answer in time.
    #[error("reaching the database")]
    Unavailable(#[source] sqlx::Error),
    /// The database cannot be written: its disk is full, or it is read-only. What is there can be read.
    #[error("writing to the database")]
    NotWritable(#[source] sqlx::Error),
    /// A stored word is none of those this version knows.
    #[error("reading column {column}: unknown word {word:?}")]
    UnknownWord {
        /// Where it stands.
        column: &'static str,
        /// What stands there.
        word: String,
    },
    /// A schedule is not understood, so nothing is decided about its slots.
    #[error(
        "the schedule {schedule} of the tenant {tenant} starts nothing: {why}. Edit and save it, or delete it"
    )]
    UnreadableSchedule {
        /// Which.
        schedule: ScheduleId,
        /// Whose.
        tenant: TenantId,
        /// What is not understood of it.
        why: Box<StoreError>,
    },
    /// Slots were decided about, but not those of some schedules.
    #[error("{} of the schedules whose time has come start nothing", faults.len())]
    FaultySchedules {
        /// What is wrong with each of them.
        faults: Vec<StoreError>,
        /// What became of the others.
        ticked: Ticked,
    },
    /// Stored JSON does not have its form.
    #[error("reading column {column} as JSON")]
    UnreadableJson {
        /// Where it stands.
        column: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A value could not be written as JSON.
    #[error("writing JSON")]
    UnwritableJson(#[source] serde_json::Error),
    /// The run is no longer this attempt's: another worker has it, or it is over.
    #[error("the lease on the run is lost")]
    LeaseLost,
    /// The last owner would lose the role.
    #[error("the last owner keeps the role")]
    LastOwner,
    /// Somebody who leaves a workspace is the last owner of one of its tenants.
    #[error("the last owner of a tenant stays in its workspace")]
    LastOwnerOfTenant {
        /// What the tenant is called, for those who may know.
        name: Option<String>,
    },
    /// The thing was changed meanwhile, or is not in a state for this.
    #[error("not in a state for this")]
    Conflict,
    /// The runtime is shutting down.
    #[error("shutting down")]
    Stopped,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(ref e) if is_outage(e.code().as_deref()) => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(ref e) if is_not_writable(e.code().as_deref()) => {
                Self::NotWritable(error)
            }
            other => Self::Database(other),
        }
    }
}

/// What happened, of a code of SQLite's: its lowest byte, the others say where. PostgreSQL's have five places.
fn primary(code: &str) -> Option<u32> {
    let sqlite = (code.len() < 5).then_some(code)?;
    Some(sqlite.parse::<u32>().ok()? & 0xff)
}

/// PostgreSQL's codes for a full disk and a read-only server, and SQLite's for a read-only file, an error
/// of the disk and a full one.
fn is_not_writable(code: Option<&str>) -> bool {
    match code {
        Some("53100" | "25006") => true,
        Some(code) => matches!(primary(code), Some(8 | 10 | 13)),
        None => false,
    }
}

/// PostgreSQL's codes for "starting up", "shutting down" and "too many connections".
fn is_outage(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("57P01" | "57P02" | "57P03" | "53300" | "08006" | "08001")
    )
}

/// PostgreSQL's codes for what others stood in the way of, and for what took longer than it may: a statement, a
/// lock, a transaction, a client that left one open, a session that did nothing. And SQLite's for a file or a
/// table that somebody else holds.
fn is_contended(code: Option<&str>) -> bool {
    match code {
        Some("40P01" | "40001" | "55P03" | "57014" | "25P03" | "25P04" | "57P05") => true,
        Some(code) => matches!(primary(code), Some(5 | 6 | 15)),
        None => false,
    }
}

/// PostgreSQL's code for a lock that was not given in time, and SQLite's for a file that somebody else writes to.
pub(crate) fn is_held_by_another(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    match error.code().as_deref() {
        Some("55P03") => true,
        Some(code) => primary(code) == Some(5),
        None => false,
    }
}

/// PostgreSQL's code for two who wait for each other, one of whom it has broken off.
fn is_deadlock(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if e.code().as_deref() == Some("40P01"))
}

/// PostgreSQL's codes for a prepared statement that is there already, or is not there.
pub(crate) fn is_of_shared_sessions(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(e) if matches!(e.code().as_deref(), Some("42P05" | "26000")))
}

impl StoreError {
    /// The same, and which schedule it is about, if it is about what stands in that.
    pub(crate) fn of_schedule(self, schedule: &Row) -> Self {
        let named = (schedule.uuid("id"), schedule.uuid("tenant_id"));
        match (self, named) {
            (why @ Self::UnknownWord { .. }, (Ok(id), Ok(tenant))) => Self::UnreadableSchedule {
                schedule: ScheduleId::from_uuid(id),
                tenant: TenantId::from_uuid(tenant),
                why: Box::new(why),
            },
            (other, _) => other,
        }
    }

    /// The error with what led to it, for a log: a database's own words are among the causes.
    pub fn with_causes(&self) -> String {
        let mut told = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            told.push_str(": ");
            told.push_str(&error.to_string());
            cause = error.source();
        }
        told
    }

    /// Whether trying the same again may help: a deadlock, a lock that took too long, or a statement or a
    /// transaction that the database broke off for taking too long.
    pub fn is_contention(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(e)) => is_contended(e.code().as_deref()),
            _ => false,
        }
    }

    /// Whether somebody else held what was needed for longer than it is waited for, or both waited for each other.
    pub(crate) fn is_held_by_another(&self) -> bool {
        match self {
            Self::Database(error) => is_held_by_another(error) || is_deadlock(error),
            _ => false,
        }
    }

    /// Whether a prepared statement was looked for in somebody else's session, as a pooler that shares them leads to.
    pub fn is_of_a_shared_session(&self) -> bool {
        matches!(self, Self::Database(error) if is_of_shared_sessions(error))
    }

    /// Whether a connection broke, which says nothing of the others; one that did not answer in time does.
    pub(crate) fn is_of_one_connection(&self) -> bool {
        match self {
            Self::Unavailable(sqlx::Error::Io(error)) => {
                error.kind() != std::io::ErrorKind::TimedOut
            }
            Self::Unavailable(sqlx::Error::Database(_)) => true,
            _ => false,
        }
    }

    /// The same for somebody else who was in it, where it is of everybody: the database is away, or takes nothing.
    pub(crate) fn of_everybody(&self) -> Option<Self> {
        let words = |error: &sqlx::Error| sqlx::Error::Protocol(error.to_string());
        match self {
            Self::Unavailable(error) => Some(Self::Unavailable(words(error))),
            Self::NotWritable(error) => Some(Self::NotWritable(words(error))),
            _ => None,
        }
    }

    /// Whether it lies in the moment alone: the database is away or full, or others stood in the way.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NotWritable(_)) || self.is_contention()
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error, fmt};

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// An error as a driver gives it.
    #[derive(Debug)]
    struct Coded(&'static str);

    impl fmt::Display for Coded {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Coded {}

    impl DatabaseError for Coded {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(self.0))
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn error(code: &'static str) -> StoreError {
        StoreError::from(sqlx::Error::Database(Box::new(Coded(code))))
    }

    #[test]
    fn r10_what_the_database_broke_off_may_pass() {
        let timeouts = ["57014", "25P03", "25P04", "57P05", "55P03"];
        let conflicts = ["40P01", "40001"];
        // Busy, locked and their extended codes, and a race for the lock itself.
        let sqlite = ["5", "261", "517", "773", "6", "262", "518", "15"];
        for code in timeouts.into_iter().chain(conflicts).chain(sqlite) {
            let error = error(code);
            assert!(error.is_contention() && error.may_pass(), "{code}");
        }
        for code in [
            "57P01", "57P03", "08006", "53300", "53100", "25006", "13", "8",
        ] {
            let error = error(code);
            assert!(!error.is_contention() && error.may_pass(), "{code}");
        }
        // A rule that is broken, a mistake in a statement, a damaged file.
        for code in ["23505", "42601", "22P02", "1555", "787", "1", "11"] {
            assert!(!error(code).may_pass(), "{code}");
        }
    }
}
