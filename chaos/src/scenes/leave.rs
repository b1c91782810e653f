//! A scene about leave that has grown old: a worker is stopped for longer than it is good for, and keeps its lease.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use domain::{ids::RunId, run::RunOutcome};
use tokio::time::sleep;

use super::{LEAVE, Playing, TRIES};
use crate::plan::{Change, Fault, Loss};

/// The usual lease, in which there is room for a stop that is longer than leave is good for.
const LEASE: Duration = Duration::from_secs(30);
/// After it leave is too old for any call.
const STOP: Duration = LEAVE.saturating_add(Duration::from_millis(500));

impl Playing<'_> {
    /// It is stopped before a change that it has leave for; meanwhile authority is lost. It calls nothing more.
    pub(super) async fn old_leave(&mut self, site: usize) -> Result<()> {
        let only = self.alone_with_long_leases()?;
        for _ in 0..TRIES {
            let Some((run, worker, wait)) = self.put_off(site).await? else {
                continue;
            };
            self.does(Fault::Freeze(worker))?;
            if self.is_sent_again(run).await? {
                // It was stopped too late: what it waited for was over.
                self.does(Fault::Thaw(worker))?;
                self.stage.provider.heal(&wait).await?;
                self.until_over(run, self.patience()).await?;
                continue;
            }
            let loss = Loss::MembershipRemoved;
            self.change(site, Some(Change::Lose(loss))).await?;
            // Nothing is waited for but the time itself, which is what this is about.
            sleep(STOP).await;
            // What was on its way as it was stopped stands in the journal by now.
            let is_sent = self.is_sent_again(run).await;
            let before = self.stage.provider.calls_of(run).await.map(|it| it.len());
            self.stage.provider.heal(&wait).await?;
            self.does(Fault::Thaw(worker))?;
            let state = self.until_over(run, self.patience()).await;
            let attempt = self.attempt(run).await;
            let calls = self.stage.provider.calls_of(run).await.map(|it| it.len());
            self.change(site, Some(Change::Regain(loss))).await?;
            let (state, calls, before) = (state?, calls?, before?);
            // The machine stood still for so long that the lease was over, too: another scene is about that.
            if is_sent? || attempt? > 1 {
                continue;
            }
            ensure!(
                state.outcome == RunOutcome::Blocked,
                "run {run} ended {}",
                state.outcome.as_str()
            );
            ensure!(
                calls == before,
                "run {run} made {} calls more",
                calls - before
            );
            // From now on as the others are.
            self.does(Fault::Kill(only))?;
            return self.stage.heal();
        }
        bail!("no worker could be stopped between a change and its sending");
    }

    /// Whether the change that the provider had put off was sent once more.
    async fn is_sent_again(&self, run: RunId) -> Result<bool> {
        let calls = self.stage.provider.calls_of(run).await?;
        Ok(calls.iter().filter(|call| call.is_change()).count() > 1)
    }

    /// Leaves one worker, which holds its runs for longer than the others would.
    fn alone_with_long_leases(&mut self) -> Result<usize> {
        let workers = self.stage.workers.count();
        for worker in 0..workers {
            self.does(Fault::Kill(worker))?;
        }
        let only = workers.checked_sub(1).context("no workers")?;
        self.stage.workers.start_with(only, LEASE)?;
        Ok(only)
    }
}
