//! Scenes about changes whose answers nobody gets.

use anyhow::{Context as _, Result, ensure};
use domain::{ids::RunId, run::RunOutcome};
use serde_json::{Value, json};
use store::LabEffect;

use super::{Playing, TRIES};
use crate::{
    plan::{Change, EFFECTS, Fault, Loss, Wish},
    provider::Call,
};

impl Playing<'_> {
    /// Three answers in four are lost on their way; every change is there once.
    pub(super) async fn lost_answers(&mut self, site: usize) -> Result<()> {
        for effect in EFFECTS {
            let losses = [
                json!({ "kind": "status_after_commit", "status": 504, "count": 1 }),
                json!({ "kind": "reset_after_commit", "count": 1 }),
                json!({ "kind": "status_after_commit", "status": 500, "count": 1 }),
            ];
            for loss in losses {
                self.fault(site, "", loss).await?;
            }
            let run = self.ask(site, Wish::Write(4, effect)).await?;
            self.ends(run, RunOutcome::Succeeded).await?;
        }
        Ok(())
    }

    /// The worker is gone before it has its answer; who takes over looks, and finds it done.
    pub(super) async fn death_in_a_change(&mut self, site: usize) -> Result<()> {
        for effect in EFFECTS {
            let (run, worker) = self.die_in_a_change(site, effect).await?;
            self.ends(run, RunOutcome::Succeeded).await?;
            self.does(Fault::Start(worker))?;
        }
        Ok(())
    }

    /// The same, and who takes over may not look: a person is asked.
    pub(super) async fn death_and_loss(&mut self, site: usize) -> Result<()> {
        for effect in EFFECTS {
            let (run, worker) = self.die_in_a_change(site, effect).await?;
            let loss = Loss::MembershipRemoved;
            self.change(site, Some(Change::Lose(loss))).await?;
            let ended = self.ends(run, RunOutcome::Indeterminate).await;
            self.change(site, Some(Change::Regain(loss))).await?;
            self.does(Fault::Start(worker))?;
            ended?;
        }
        Ok(())
    }

    async fn die_in_a_change(&mut self, site: usize, effect: LabEffect) -> Result<(RunId, usize)> {
        for _ in 0..TRIES {
            let silence: Value = json!({ "kind": "hang_after_commit", "count": 1 });
            self.fault(site, "", silence).await?;
            let run = self.ask(site, Wish::Write(2, effect)).await?;
            let is_made = |call: &Call| call.write.is_some() && call.status.is_none();
            self.until_called("its change", run, is_made).await?;
            if let Some(worker) = self.holder(run).await? {
                self.does(Fault::Kill(worker))?;
                return Ok((run, worker));
            }
        }
        None.context("nobody holds a run that waits for its answer")
    }

    async fn ends(&self, run: RunId, expected: RunOutcome) -> Result<()> {
        let state = self.until_over(run, self.patience()).await?;
        let as_expected = state.outcome == expected;
        ensure!(as_expected, "run {run} ended {}", state.outcome.as_str());
        Ok(())
    }
}
