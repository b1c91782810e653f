//! The loop beside the workers: it looks at the schedules, ends what nobody took, and tidies away.
//!
//! Any number of processes may run it: what it does is decided in the database.

use std::time::Duration;

use domain::ids::RunId;
use store::{Reconciled, Store, StoreError, Ticked};
use tokio::time::{MissedTickBehavior, interval};

use super::said::Said;
use crate::retention::tidy;

/// Slots come on whole minutes; one starts at most this late.
const LOOK: Duration = Duration::from_secs(1);
/// Well below the silence that counts as an absence of workers.
const UPKEEP: Duration = Duration::from_secs(60);

/// What an installation does by itself at stated times.
pub struct Scheduler {
    store: Store,
}

impl Scheduler {
    /// A scheduler over a database.
    pub fn new(store: &Store) -> Self {
        Self {
            store: store.clone(),
        }
    }

    /// Works for ever.
    pub async fn run(self) {
        tokio::join!(self.look(), self.keep_up());
    }

    async fn look(&self) {
        let mut timer = interval(LOOK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut said = Said::default();
        loop {
            timer.tick().await;
            let (ticked, faults) = match self.store.schedules_tick().await {
                Ok(ticked) => (ticked, Vec::new()),
                Err(StoreError::FaultySchedules { faults, ticked }) => (ticked, faults),
                Err(error) => (Ticked::default(), vec![error]),
            };
            tell(ticked);
            for fault in said.news(faults.iter().map(ToString::to_string)) {
                tracing::warn!(
                    error = fault,
                    "looking at the schedules failed; trying again"
                );
            }
        }
    }

    async fn keep_up(&self) {
        let mut timer = interval(UPKEEP);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut said = Said::default();
        loop {
            timer.tick().await;
            let faults = self.upkeep().await;
            for fault in said.news(faults.into_iter()) {
                tracing::warn!(error = fault, "upkeep failed; trying again every minute");
            }
        }
    }

    /// What is done every minute, and once a day by one process; answers what of it failed.
    ///
    /// Each step is tried, whatever became of those before it.
    pub async fn upkeep(&self) -> Vec<String> {
        let steps = [
            ("telling that workers are there", self.tell_presence().await),
            ("ending runs that nobody took", self.end_stale().await),
            ("letting queued runs start", self.realign_queue().await),
            ("setting slots right", self.realign_schedules().await),
            ("removing what is old", self.tidy_away().await),
        ];
        let failed = steps.into_iter().filter_map(|(step, done)| {
            let error = done.err()?;
            Some(format!("{step}: {error}"))
        });
        failed.collect()
    }

    async fn tell_presence(&self) -> Result<(), UpkeepError> {
        self.store.presence_tell().await?;
        Ok(())
    }

    async fn end_stale(&self) -> Result<(), UpkeepError> {
        loop {
            let Reconciled { ended, odd } = self.store.runs_reconcile().await?;
            if ended > 0 {
                tracing::warn!(ended, "ended {ended} queued runs that no worker took");
            } else if odd.is_empty() {
                return Ok(());
            } else {
                return Err(UpkeepError::Odd(odd));
            }
        }
    }

    async fn realign_queue(&self) -> Result<(), UpkeepError> {
        match self.store.queue_realign().await? {
            0 => {}
            n => tracing::warn!(
                n,
                "let {n} queued runs start that lay in the future, as after a clock that was ahead"
            ),
        }
        Ok(())
    }

    async fn realign_schedules(&self) -> Result<(), UpkeepError> {
        match self.store.schedules_realign().await? {
            0 => {}
            n => tracing::warn!(
                n,
                "set the next slots of {n} schedules right: they were not those of their rules, as after a clock that was ahead or a new law of time"
            ),
        }
        Ok(())
    }

    async fn tidy_away(&self) -> Result<(), UpkeepError> {
        if self.store.retention_turn().await? {
            self.store.choices_forget().await?;
            let kept_days = self.store.retention_days().await?;
            let tidied = tidy(&self.store, kept_days).await?;
            let (items, reports, writes) = (tidied.items, tidied.reports, tidied.writes);
            tracing::info!(
                items,
                reports,
                writes,
                "removed {items} items, {reports} reports and {writes} write records of runs older than {kept_days} days"
            );
        }
        Ok(())
    }
}

/// Why a step of the upkeep failed.
#[derive(Debug, thiserror::Error)]
enum UpkeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Waiting runs are left as they are, because queue and ledger differ.
    #[error("the queue and the ledger do not say the same of the runs {}", named(.0))]
    Odd(Vec<RunId>),
}

fn named(runs: &[RunId]) -> String {
    let names: Vec<_> = runs.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn tell(ticked: Ticked) {
    let Ticked {
        runs,
        skipped,
        missed,
        waiting: _,
    } = ticked;
    if runs + skipped + missed > 0 {
        tracing::info!(
            runs,
            skipped,
            missed,
            "slots: {runs} with a run, {skipped} skipped, {missed} missed"
        );
    }
}
