//! Runs that go back into the queue unfinished: handed back, or taken from a worker that fell silent.

use std::collections::HashSet;

use domain::{
    ids::{RunId, WorkerId},
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
    kept::was_done,
    ledger::leave_queue,
    requeue::{Back, requeue},
    row::run_key,
};
use crate::{
    Store,
    audit::append,
    error::StoreError,
    sql::{Row, Statement, Tx, args, dialects, id_list},
};

/// How often a run may lose its worker, or its worker the database, before it is not tried again; what a stopping
/// worker gives back does not count.
pub const RESCUES_MOST: i64 = 3;

/// Why a run waits, or is over, under which the database broke off.
const BROKEN_OFF: &str = "database_busy";
/// How long such a run waits the first time.
const BROKEN_OFF_PAUSE: i64 = 2 * SECOND;

/// Why a run waits whose worker has stopped in the middle of a change.
const UNDER_WAY: &str = "change_under_way";
/// How long it waits: as long as a service may still be at a change whose sender has gone.
const UNDER_WAY_PAUSE: i64 = 30 * SECOND;

/// Whether the queue's run has set out for a change of which nobody has said how it ended.
macro_rules! sets_out {
    () => {
        "exists (select 1 from write_intents w where w.run_id = run_queue.run_id and w.state = 'open') as is_writing"
    };
}

// Locked before the runs themselves, in the order every other transaction takes them.
static HANDED_BACK: Statement = dialects(
    "run_queue_owned",
    concat!(
        "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at, ",
        sets_out!(),
        " from run_queue where owner = $1 and status = 'running' order by run_id"
    ),
    concat!(
        "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at, ",
        sets_out!(),
        " from run_queue where owner = $1 and status = 'running' order by run_id for update"
    ),
);
static HELD: Statement = dialects(
    "run_queue_held",
    concat!(
        "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at, ",
        sets_out!(),
        " from run_queue where run_id = $1 and attempt = $2 and status = 'running'"
    ),
    concat!(
        "select workspace_id, scope_id, run_id, attempt, rescues, cancel_requested_at, ",
        sets_out!(),
        " from run_queue where run_id = $1 and attempt = $2 and status = 'running' for update"
    ),
);

// Of runs that are not tried again, those whose ends are partial, as those of refused ones would be.
static DONE_OF: Statement = dialects(
    "runs_done_of",
    concat!(
        "select r.id as run_id from operation_runs r where r.id in (select unhex(value) from jsonb_each($1)) and ",
        was_done!("r.id")
    ),
    concat!(
        "select r.id as run_id from operation_runs r
     where r.id in (select value::uuid from json_array_elements_text($1::json)) and ",
        was_done!("r.id")
    ),
);

/// Why a worker gives a run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBack {
    /// It is stopping: another one takes the run at once, or soon where a change was under way.
    Stopping,
    /// The database broke off under the run: it waits, and it does not come back for ever.
    BrokenOff,
}

/// An attempt that nobody works on any more.
struct Left {
    key: RunKey,
    rescues: i64,
    is_cancelled: bool,
    is_writing: bool,
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
            is_writing: row.flag("is_writing")?,
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
            // Looked at while the provider is still at it, the change would pass for one that was never taken.
            EndedBy::HandedBack if self.is_writing => {
                (now.plus(UNDER_WAY_PAUSE), Some(UNDER_WAY.to_owned()))
            }
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

/// Of runs that are not tried again, those that did something have not simply failed.
async fn keep_what_was_done(tx: &mut Tx, over: &mut [(RunKey, RunEnd)]) -> Result<(), StoreError> {
    let failed = |(_, end): &&(RunKey, RunEnd)| end.outcome == WorkedOutcome::Failed;
    let failed: Vec<_> = over
        .iter()
        .filter(failed)
        .map(|(key, _)| key.run_id.as_uuid())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let rows = tx.fetch(&DONE_OF, args![id_list(failed)?]).await?;
    let done = rows
        .iter()
        .map(|row| Ok(RunId::from_uuid(row.uuid("run_id")?)));
    let done = done.collect::<Result<HashSet<_>, StoreError>>()?;
    for (key, end) in over {
        if end.outcome == WorkedOutcome::Failed && done.contains(&key.run_id) {
            end.outcome = WorkedOutcome::PartiallySucceeded;
        }
    }
    Ok(())
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
    keep_what_was_done(tx, &mut over).await?;
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
