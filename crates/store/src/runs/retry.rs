//! Trying again by itself: a failed attempt goes back into the queue while tries are left (L-08).

use std::collections::{HashMap, HashSet};

use domain::{
    ids::RunId,
    retry::{Chance, RetryPolicy},
    time::Timestamp,
};
use policy::{RunKey, Running};
use serde_json::json;

use super::{
    attempts::EndedBy,
    fence::of_attempts,
    finish::{Over, RunEnd, WorkedOutcome, attempt_rows, counts_of, finish_all},
    ledger::leave_queue,
    requeue::{Back, requeue},
};
use crate::{
    Store,
    audit::append,
    error::StoreError,
    sql::{Row, Statement, dialects},
};

/// An attempt that failed in a way that may pass, and what is to be tried about it.
#[derive(Debug, Clone, Copy)]
pub struct Again {
    /// How often, and with which pauses.
    pub policy: RetryPolicy,
    /// Where in the pause it comes back.
    pub chance: Chance,
    /// How long the provider asked to wait, in microseconds.
    pub stated_wait: Option<i64>,
}

/// What became of the wish to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retrying {
    /// The run waits for its next try.
    Scheduled,
    /// No try is left, or the wait would be too long: nothing was written, and the run is still to be ended.
    Spent,
    /// Somebody asked for its end meanwhile, so it ended as cancelled.
    Cancelled,
    /// Another attempt has taken over, or the run was over already: nothing was written.
    LeaseLost,
}

static RETRY_LOCK: Statement = dialects(
    "run_queue_retry_lock",
    "select q.run_id, q.attempt, q.retries, q.cancel_requested_at from given k
     cross join run_queue q on q.run_id = k.run and q.attempt = k.attempt
     where q.status = 'running'",
    concat!(
        "select q.run_id, q.attempt, q.retries, q.cancel_requested_at from run_queue q
     where ",
        of_attempts!(),
        " and q.owner is not null
       order by q.run_id for update of q"
    ),
);

/// What the queue says of an attempt.
#[derive(Clone, Copy)]
struct Standing {
    retries: i64,
    is_cancelled: bool,
}

fn standing(row: &Row) -> Result<((RunId, i64), Standing), StoreError> {
    let key = (RunId::from_uuid(row.uuid("run_id")?), row.int("attempt")?);
    let standing = Standing {
        retries: row.int("retries")?,
        is_cancelled: row.opt_time("cancel_requested_at")?.is_some(),
    };
    Ok((key, standing))
}

impl Store {
    /// Puts failed attempts back into the queue, in one transaction; answers in their order what became of each.
    ///
    /// # Errors
    /// When the database does not answer: then nothing was written.
    pub async fn runs_retry(
        &self,
        failed: &[(&Running, &RunEnd, Again)],
    ) -> Result<Vec<Retrying>, StoreError> {
        let mut tx = self.db.write().await?;
        let keys: Vec<RunKey> = failed.iter().map(|(running, ..)| running.key()).collect();
        let rows = tx
            .fetch_rows(&RETRY_LOCK, attempt_rows(&keys), vec![])
            .await?;
        let mut held: HashMap<_, _> = rows.iter().map(standing).collect::<Result<_, _>>()?;
        let now = tx.now().await?;
        let (mut back, mut cancelled) = (Vec::new(), Vec::new());
        let mut answers = Vec::with_capacity(failed.len());
        for (key, (_, end, again)) in keys.iter().copied().zip(failed) {
            // Taken out, so that an attempt named twice goes back once.
            let Some(standing) = held.remove(&(key.run_id, key.attempt)) else {
                answers.push(Retrying::LeaseLost);
                continue;
            };
            if standing.is_cancelled {
                cancelled.push((key, cancelled_end(end)));
                answers.push(Retrying::Cancelled);
                continue;
            }
            answers.push(match next(key, end, *again, standing.retries, now)? {
                Some(next) => {
                    back.push(next);
                    Retrying::Scheduled
                }
                None => Retrying::Spent,
            });
        }
        if back.is_empty() && cancelled.is_empty() {
            return Ok(answers);
        }
        let over: Vec<_> = cancelled
            .iter()
            .map(|(key, end)| Over {
                key: *key,
                end,
                by: EndedBy::Finished,
            })
            .collect();
        leave_queue(
            &mut tx,
            &over.iter().map(|over| over.key).collect::<Vec<_>>(),
        )
        .await?;
        let mut entries = finish_all(&mut tx, now, &over).await?;
        let again = requeue(&mut tx, now, back).await?;
        let turned: HashSet<_> = again.iter().filter_map(|entry| entry.run_id).collect();
        for (key, answer) in keys.iter().zip(&mut answers) {
            // What the ledger knows otherwise is not tried again, and who takes its lease back names it.
            if *answer == Retrying::Scheduled && !turned.contains(&key.run_id) {
                *answer = Retrying::LeaseLost;
            }
        }
        entries.extend(again);
        append(&mut tx, now, entries).await?;
        tx.commit().await?;
        Ok(answers)
    }
}

/// What was done and what went wrong stays; that somebody wanted its end decides how it is called.
fn cancelled_end(end: &RunEnd) -> RunEnd {
    RunEnd {
        outcome: WorkedOutcome::Cancelled,
        ..end.clone()
    }
}

/// The next try, if there is one.
fn next(
    key: RunKey,
    end: &RunEnd,
    again: Again,
    retries: i64,
    now: Timestamp,
) -> Result<Option<Back>, StoreError> {
    let pause = again.policy.pause(retries, again.chance, again.stated_wait);
    let (Some(pause), Some(failure)) = (pause, end.failures.first()) else {
        return Ok(None);
    };
    let available_at = now.plus(pause);
    Ok(Some(Back {
        key,
        by: EndedBy::Retried,
        available_at,
        waiting: Some(failure.reason_code.clone()),
        counts: counts_of(end)?,
        detail: json!({
            "failed_attempt": key.attempt,
            "reason_code": failure.reason_code,
            "message": failure.message,
            "available_at": available_at,
            "try": retries + 2,
            "of": again.policy.tries,
        }),
    }))
}
