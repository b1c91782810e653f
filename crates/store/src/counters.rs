//! What a database counts about itself, for benchmarks.

use crate::{
    Store,
    error::StoreError,
    sql::{Statement, args, dialects, same},
    tenants::TenantAccess,
};

/// What a database has counted so far; the difference of two tells what happened in between.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Bytes written ahead, where the database counts them.
    pub log_bytes: Option<i64>,
    /// Dead rows that wait to be swept, where there are such.
    pub dead_rows: Option<i64>,
}

static COUNTERS: Statement = dialects(
    "database_counters",
    "select null as log_bytes, null as dead_rows",
    "select (pg_current_wal_lsn() - '0/0')::bigint as log_bytes,
       (select sum(n_dead_tup)::bigint from pg_stat_user_tables) as dead_rows",
);
static SUCCEEDED: Statement = same(
    "runs_succeeded_count",
    "select count(*) as runs from operation_runs where type = $1 and outcome = 'succeeded'",
);
static QUEUED: Statement = same(
    "runs_queued_count",
    "select count(*) as runs from run_queue where scope_id = $1 and status = 'queued'",
);
static UNFINISHED: Statement = same(
    "runs_unfinished_count",
    "select count(*) as runs from operation_runs where type = $1 and status <> 'completed'",
);

impl Store {
    /// What the database has counted so far; its statistics may lag behind by a second.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn counters(&self) -> Result<Counters, StoreError> {
        let row = self.db.first(&COUNTERS, vec![]).await?;
        let Some(row) = row else {
            return Ok(Counters::default());
        };
        Ok(Counters {
            log_bytes: row.opt_int("log_bytes")?,
            dead_rows: row.opt_int("dead_rows")?,
        })
    }

    /// How many runs of a type have succeeded; reads the whole ledger, so it is for benchmarks alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_succeeded(
        &self,
        operation: domain::operation::OperationType,
    ) -> Result<i64, StoreError> {
        let row = self.db.first(&SUCCEEDED, args![operation.as_str()]).await?;
        row.ok_or(StoreError::NotFound)?.int("runs")
    }

    /// How many runs of a tenant wait to be started; counts them, so it is for benchmarks alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_queued(&self, tenant: &TenantAccess) -> Result<i64, StoreError> {
        let row = self.db.first(&QUEUED, args![tenant.scope_id()]).await?;
        row.ok_or(StoreError::NotFound)?.int("runs")
    }

    /// How many runs of a type are not over; reads the whole ledger, so it is for benchmarks alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_unfinished(
        &self,
        operation: domain::operation::OperationType,
    ) -> Result<i64, StoreError> {
        let args = args![operation.as_str()];
        let row = self.db.first(&UNFINISHED, args).await?;
        row.ok_or(StoreError::NotFound)?.int("runs")
    }
}
