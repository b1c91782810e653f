//! The loop beside the workers: it looks at the schedules, ends what nobody took, and tidies away.
//!
//! Any number of processes may run it: what it does is decided in the database.

use std::time::Duration;

use store::{Store, StoreError, Ticked};
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
        loop {
            timer.tick().await;
            if let Err(error) = self.upkeep().await {
                tracing::warn!(error = %error, "upkeep failed; trying again in a minute");
            }
        }
    }

    /// What is done every minute, and once a day by one process.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn upkeep(&self) -> Result<(), StoreError> {
        self.store.presence_tell().await?;
        loop {
            match self.store.runs_reconcile().await? {
                0 => break,
                ended => tracing::warn!(ended, "ended {ended} queued runs that no worker took"),
            }
        }
        match self.store.queue_realign().await? {
            0 => {}
            n => tracing::warn!(
                n,
                "let {n} queued runs start that lay in the future, as after a clock that was ahead"
            ),
        }
        match self.store.schedules_realign().await? {
            0 => {}
            n => tracing::warn!(
                n,
                "set the next slots of {n} schedules right: they lay beyond their rules, as after a clock that was ahead"
            ),
        }
        if self.store.retention_turn().await? {
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
