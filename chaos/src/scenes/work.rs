//! A scene about authority that is lost while a run is at work: it is asked for again between two batches (L-10).

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use domain::{ids::RunId, run::RunOutcome};
use serde_json::json;
use store::LabEffect;

use super::{LEAVE, Playing, TRIES};
use crate::{
    plan::{Change, Loss, Wish},
    planted::Finder,
    provider::Call,
};

/// How much there is to do; with [`HOLD`] for each call it takes far longer than leave is good for.
const ITEMS: u32 = 20;
/// How long each call about one object takes.
const HOLD: Duration = Duration::from_millis(1_500);
impl Playing<'_> {
    /// Its operator is removed when its first object is done: it stops, and what is done stays done.
    pub(super) async fn loss_at_work(&mut self, site: usize) -> Result<()> {
        self.hand_reads(site).await?;
        for _ in 0..TRIES {
            let run = self.lose_at_work(site).await?;
            // The machine stood still for so long that the lease was over, too: another scene is about that.
            if self.attempt(run).await? > 1 {
                continue;
            }
            let access = self
                .stage
                .installation
                .store
                .run(&self.stage.installation.owner, run);
            let outcome = access.await?.run().state.outcome;
            ensure!(
                outcome == RunOutcome::PartiallySucceeded,
                "run {run} ended {}",
                outcome.as_str()
            );
            return Ok(());
        }
        bail!("no run could be stopped at work within its lease");
    }

    /// A run that is over, after its operator was removed in the middle of it.
    async fn lose_at_work(&mut self, site: usize) -> Result<RunId> {
        let hold = json!({ "kind": "delay", "delay_ms": HOLD.as_millis() });
        let hold = self.fault(site, "/", hold).await?;
        let run = self
            .ask(site, Wish::Write(ITEMS, LabEffect::Update))
            .await?;
        let is_done = |call: &Call| call.is_change() && call.status.is_some();
        self.until_called("its first change", run, is_done).await?;
        let loss = Loss::MembershipRemoved;
        self.change(site, Some(Change::Lose(loss))).await?;
        let before = self.stage.provider.calls_of(run).await.map(|it| it.len());
        // A sound program stops at the next border; one that does not is watched until its leave would be too old.
        let bound = match self.finder {
            None | Some(Finder::Nobody) => self.patience(),
            Some(_) => LEAVE + HOLD * 4,
        };
        let over = self.until_over(run, bound).await;
        self.stage.provider.heal(&hold).await?;
        self.change(site, Some(Change::Regain(loss))).await?;
        over?;
        let calls = self.stage.provider.calls_of(run).await?;
        let after = calls.get(before?..).context("calls are gone")?;
        let done = after.iter().filter(|call| call.is_change()).count();
        ensure!(
            done <= 1,
            "run {run} made {done} changes more after its operator was removed"
        );
        Ok(run)
    }
}
