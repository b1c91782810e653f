//! Runs that go back into the queue unfinished: handed back, or taken from a worker that fell silent.

use std::collections::HashSet;

use domain::{
    ids::WorkerId,
    summary::SummaryCounts,
    time::{SECOND, Timestamp},
};
use policy::{RunKey, Running};
use serde_json::json;

use super::{
    Failure, RunEnd, WorkedOutcome,
    attempts::EndedBy,
    bulk::end_parts,
    finish::{Over, finish_all},
    ledger::leave_queue,
    requeue::{Back, requeue},
    row::run_key,
};
use crate::{
    Store,
    audit::append,
    error::StoreError,
    sql::{Row, Statement, Tx, args, dialects},
};

/// How often a run may lose its worker, or its worker the database, before it is not tried again; what a stopping
/// worker gives back does not count.
pub const RESCUES_MOST: i64 = 3;

/// Why a run waits, or is over, under which the database broke off.
const BROKEN_OFF: &str = "database_busy";
/// How long such a run waits the first time.
const BROKEN_OFF_PAUSE: i64 = 2 * SECOND;

// Locked before the runs themselves, in the order every other transaction takes them.
static HANDED_BACK: Statement = dialects(
    "run_queue_owned",
    "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at from run_queue
     where owner = $1 and status = 'running' order by run_id",
    "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at from run_queue
     where owner = $1 and status = 'running' order by run_id for update",
);
static HELD: Statement = dialects(
    "run_queue_held",
    "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at from run_queue
     where run_id = $1 and attempt = $2 and status = 'running'",
    "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at from run_queue
     where run_id = $1 and attempt = $2 and status = 'running' for update",
);

/// Why a worker gives a run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// It is stopping: another one takes the run at once.
    Stopping,
    /// The database broke off under the run: it waits, and it does not come back for ever.
    BrokenOff,
}

/// An attempt that nobody works on any more.
struct Left {
    key: RunKey,
    rescues: i64,
    is_cancelled: bool,
}

/// What becomes of a run whose attempt nobody works on any more.
enum Fate {
    /// It is tried again.
    Back(Back),
    /// It is over.
    Over(RunEnd),
}

impl Left {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            key: run_key(row)?,
            rescues: row.int("rescues")?,
            is_cancelled: row.opt_time("cancel_requested_at")?.is_some(),
        })
    }

    fn fate(&self, by: EndedBy, now: Timestamp) -> Fate {
        // A write whose answer nobody saw makes it `indeterminate` as it is written down.
        if self.is_cancelled {
            return Fate::Over(ended(WorkedOutcome::Cancelled, Vec::new()));
        }
        let reason = match by {
            EndedBy::LeaseExpired => Some("worker_lost"),
            EndedBy::BrokenOff => Some(BROKEN_OFF),
            _ => None,
        };
        if let Some(reason) = reason
            && self.rescues >= RESCUES_MOST
        {
            return Fate::Over(ended(WorkedOutcome::Failed, vec![lost_too_often(reason)]));
        }
        let (available_at, waiting) = match by {
            EndedBy::BrokenOff => (now.plus(self.pause()), Some(BROKEN_OFF.to_owned())),
            _ => (now, None),
        };
        Fate::Back(Back {
            key: self.key,
            by,
            available_at,
            waiting,
            counts: None,
            detail: json!({ "lost_attempt": self.key.attempt, "by": by.as_str() }),
        })
    }

    /// How long a run waits after the database broke off under it; each time twice as long as before.
    ///
    /// Up to a half is added, by the run's id: what one outage broke off does not come back in one moment.
    fn pause(&self) -> i64 {
        let pause = BROKEN_OFF_PAUSE << self.rescues.clamp(0, RESCUES_MOST);
        let [.., chance] = *self.key.run_id.as_uuid().as_bytes();
        pause + pause * i64::from(chance) / 512
    }
}

/// An end that keeps what the run counted on its way.
fn ended(outcome: WorkedOutcome, failures: Vec<Failure>) -> RunEnd {
    RunEnd {
        outcome,
        counts: SummaryCounts::default(),
        failures,
    }
}

fn lost_too_often(reason: &str) -> Failure {
    Failure {
        code: "run.worker".to_owned(),
        reason_code: reason.to_owned(),
        message: format!(
            "The workers that had this run fell silent or lost the database {} times, so it is not tried again. \
             The servers' logs of those moments say why.",
            RESCUES_MOST + 1
        ),
        stated_wait: None,
    }
}

impl Store {
    /// Puts a stopping worker's runs back into the queue, each as a new attempt; answers how many.
    ///
    /// # Errors
    /// When the database does not answer; then the leases run out by themselves.
    pub async fn runs_hand_back(&self, worker: WorkerId) -> Result<usize, StoreError> {
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&HANDED_BACK, args![worker]).await?;
        self.give_back(tx, &rows, EndedBy::HandedBack).await
    }

    /// Puts one run that is being worked on back into the queue, as a new attempt; or ends it, where the database
    /// broke off under it too often.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn run_hand_back(&self, running: &Running, why: GivenBack) -> Result<(), StoreError> {
        let key = running.key();
        let mut tx = self.db.write().await?;
        let rows = tx.fetch(&HELD, args![key.run_id, key.attempt]).await?;
        let by = match why {
            GivenBack::Stopping => EndedBy::HandedBack,
            GivenBack::BrokenOff => EndedBy::BrokenOff,
        };
        match self.give_back(tx, &rows, by).await? {
            0 => Err(StoreError::LeaseLost),
            _ => Ok(()),
        }
    }

    pub(super) async fn give_back(
        &self,
        mut tx: Tx,
        rows: &[Row],
        by: EndedBy,
    ) -> Result<usize, StoreError> {
        let given = match give_back_in(&mut tx, rows, by).await {
            Ok(given) => given,
            Err(error) => {
                // Waited for: what is tried next passes by rows that are still locked.
                let _ = tx.give_up().await;
                return Err(error);
            }
        };
        tx.commit().await?;
        if given.runs > 0 {
            self.ring();
        }
        if given.parts > 0 {
            self.ring_aborted();
        }
        Ok(given.runs)
    }
}

/// What was given back.
struct Given {
    /// How many runs.
    runs: usize,
    /// How many parts of bulks are to end with theirs.
    parts: usize,
}

/// Ends attempts and puts their runs back, or ends them too. With a bulk that somebody wanted ended goes what it had
/// asked for; the parts of one that is given up go on, and what has not started is refused (L-09).
async fn give_back_in(tx: &mut Tx, rows: &[Row], by: EndedBy) -> Result<Given, StoreError> {
    let now = tx.now().await?;
    let mut left = rows.iter().map(Left::of).collect::<Result<Vec<_>, _>>()?;
    let mut entries = Vec::new();
    for left in left.iter().filter(|left| left.is_cancelled) {
        entries.extend(end_parts(tx, now, left.key).await?);
    }
    let parts: HashSet<_> = entries.iter().filter_map(|entry| entry.run_id).collect();
    let (mut back, mut over) = (Vec::new(), Vec::new());
    for left in &mut left {
        // A part that was lost together with its bulk is to end, too.
        left.is_cancelled |= parts.contains(&left.key.run_id);
        match left.fate(by, now) {
            Fate::Back(next) => back.push(next),
            Fate::Over(end) => over.push((left.key, end)),
        }
    }
    let keys: Vec<_> = over.iter().map(|(key, _)| *key).collect();
    leave_queue(tx, &keys).await?;
    let over: Vec<_> = over
        .iter()
        .map(|(key, end)| Over { key: *key, end, by })
        .collect();
    let mut given = finish_all(tx, now, &over).await?;
    let wanted = back.len();
    let again = requeue(tx, now, back).await?;
    // Who looks for silent workers names what cannot be taken, and takes the others without it.
    if by == EndedBy::LeaseExpired && again.len() < wanted {
        return Err(StoreError::Conflict);
    }
    given.extend(again);
    let (runs, parts) = (given.len(), parts.len());
    entries.extend(given);
    append(tx, now, entries).await?;
    Ok(Given { runs, parts })
}
