//! The database's own clock: leases and the ledger go by it, never by a process's.

use domain::time::Timestamp;

use crate::{
    error::StoreError,
    sql::{Db, Row, Statement, Tx, dialects},
};

static NOW: Statement = dialects(
    "clock_now",
    "select cast(unixepoch('subsec') * 1000000 as integer) as now",
    "select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now",
);

impl Tx {
    /// The present moment by the database's clock.
    pub(crate) async fn now(&mut self) -> Result<Timestamp, StoreError> {
        told(self.first(&NOW, vec![]).await?)
    }
}

impl Db {
    /// The present moment by the database's clock.
    pub(crate) async fn now(&self) -> Result<Timestamp, StoreError> {
        told(self.first(&NOW, vec![]).await?)
    }
}

fn told(row: Option<Row>) -> Result<Timestamp, StoreError> {
    let now = row.ok_or(StoreError::NotFound)?.time("now")?;
    #[cfg(debug_assertions)]
    let now = now.plus(set::by());
    Ok(now)
}

/// Lets a test set the clock for one piece of work.
#[cfg(debug_assertions)]
pub(crate) mod set {
    tokio::task_local! {
        static BY: i64;
    }

    pub(super) fn by() -> i64 {
        BY.try_with(|by| *by).unwrap_or(0)
    }

    /// The work, by the clock as it is set here.
    pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        within(by(), work)
    }

    pub(crate) async fn within<T>(by: i64, work: impl Future<Output = T>) -> T {
        BY.scope(by, work).await
    }
}

impl crate::Store {
    /// The present moment by the database's clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        self.db.now().await
    }
}
