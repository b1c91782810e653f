//! Why attempts end, and the rows that say so.

use domain::time::Timestamp;

use crate::{
    error::StoreError,
    sql::{Statement, Tx, args, dialects},
};

/// Why an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// Its handler came to an end, and so did the run.
    Finished,
    /// Its worker fell silent.
    LeaseExpired,
    /// Its worker gave it back: it is stopping, or could not reach the database.
    HandedBack,
    /// The gate refused it at a checkpoint, and the run is over.
    Refused,
    /// It failed in a way that may pass, and the run is tried again.
    Retried,
}

impl EndedBy {
    /// The word that is stored.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::LeaseExpired => "lease_expired",
            Self::HandedBack => "handed_back",
            Self::Refused => "refused",
            Self::Retried => "retried",
        }
    }
}

static ATTEMPTS_END: Statement = dialects(
    "run_attempts_end",
    "update run_attempts set ended_at = $2, ended_by = t.ended_by
     from (select unhex(k.value ->> 'run') as run, k.value ->> 'attempt' as attempt, k.value ->> 'ended_by' as ended_by
           from json_each($1) k) as t
     where run_id = t.run and run_attempts.attempt = t.attempt",
    "update run_attempts set ended_at = $2, ended_by = t.ended_by
     from json_to_recordset($1::json) as t(run uuid, attempt bigint, ended_by text)
     where run_id = t.run and run_attempts.attempt = t.attempt",
);

/// Closes the attempts that rows of JSON name with `run`, `attempt` and `ended_by`.
pub(super) async fn end_attempts(
    tx: &mut Tx,
    now: Timestamp,
    rows: &str,
) -> Result<(), StoreError> {
    tx.execute(&ATTEMPTS_END, args![rows, now]).await.map(drop)
}
