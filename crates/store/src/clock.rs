//! The database's own clock: leases and the ledger go by it, never by a process's.

use domain::time::Timestamp;

use crate::{
    error::StoreError,
    sql::{Db, Statement, Tx, dialects},
};

static NOW: Statement = dialects(
    "clock_now",
    "select cast(unixepoch('subsec') * 1000000 as integer) as now",
    "select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now",
);

impl Tx {
    /// The present moment by the database's clock.
    pub(crate) async fn now(&mut self) -> Result<Timestamp, StoreError> {
        self.first(&NOW, vec![])
            .await?
            .ok_or(StoreError::NotFound)?
            .time("now")
    }
}

impl Db {
    /// The present moment by the database's clock.
    pub(crate) async fn now(&self) -> Result<Timestamp, StoreError> {
        self.first(&NOW, vec![])
            .await?
            .ok_or(StoreError::NotFound)?
            .time("now")
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
