//! Why attempts end, and the rows that say so.
//!
//! The attempt that a run ended with has no end of its own in the table: it ended when the run did.

use domain::time::Timestamp;
use policy::RunKey;

use crate::{
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects},
};

/// Why an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// Its handler came to an end, and so did the run.
    Finished,
    /// Its worker fell silent.
    LeaseExpired,
    /// Its worker gave it back: it is stopping.
    HandedBack,
    /// The database broke off under its worker.
    BrokenOff,
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
            Self::BrokenOff => "broken_off",
            Self::Refused => "refused",
            Self::Retried => "retried",
        }
    }
}

static ATTEMPTS_END: Statement = dialects(
    "run_attempts_end",
    "update run_attempts set ended_at = $1, ended_by = t.ended_by
     from given as t
     where run_id = t.run and run_attempts.attempt = t.attempt",
    "update run_attempts set ended_at = $4, ended_by = t.ended_by
     from unnest($1::uuid[], $2::bigint[], $3::text[]) as t(run, attempt, ended_by)
     where run_id = t.run and run_attempts.attempt = t.attempt",
);

/// Closes attempts; those that finished are left to the end of their run.
pub(super) async fn end_attempts(
    tx: &mut Tx,
    now: Timestamp,
    ended: impl IntoIterator<Item = (RunKey, EndedBy)>,
) -> Result<(), StoreError> {
    let ended: Vec<_> = ended
        .into_iter()
        .filter(|(_, by)| *by != EndedBy::Finished)
        .collect();
    if ended.is_empty() {
        return Ok(());
    }
    let rows = Rows::default()
        .ids("run", ended.iter().map(|(key, _)| key.run_id.as_uuid()))
        .ints("attempt", ended.iter().map(|(key, _)| key.attempt))
        .texts(
            "ended_by",
            ended.iter().map(|(_, by)| by.as_str().to_owned()),
        );
    tx.execute_rows(&ATTEMPTS_END, rows, args![now])
        .await
        .map(drop)
}
