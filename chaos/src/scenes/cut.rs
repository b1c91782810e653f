//! A scene about a press of a start button in the middle of which the pages are killed.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use domain::{operation::OperationType, views::StartResult};
use tokio::time::sleep;

use super::Playing;
use crate::{
    plan::Fault,
    presses::{Press, press},
};

/// How many presses are cut; a press takes a few milliseconds, so that some are cut before, in and after their commit.
const CUTS: usize = 5;
/// Within this time after a press the pages are killed.
const SOON: Duration = Duration::from_millis(10);

const CHECK: OperationType = OperationType::ConnectionCheck;

impl Playing<'_> {
    /// Whoever had no answer presses again: then there is one run, whole, whatever became of the first press (I10).
    pub(super) async fn cut_press(&mut self, site: usize) -> Result<()> {
        self.hand_reads(site).await?;
        for _ in 0..CUTS {
            self.queue(site, true).await?;
            let cut = self.cut_one(site).await?;
            let again = self.press_again(site).await?;
            let waiting = self
                .stage
                .installation
                .store
                .runs_queued(&self.site(site)?.tenant);
            let waiting = waiting.await?;
            ensure!(waiting == 1, "two presses left {waiting} runs");
            let answer = again.answer.as_ref();
            let answer = answer.context("a press that was not answered")?.clone();
            if let Some(first) = &cut.answer {
                ensure!(
                    first.run_id == answer.run_id && answer.result == StartResult::Deduped,
                    "run {} was asked for, and then {}",
                    first.run_id,
                    answer.run_id
                );
            }
            self.played.runs.push((site, answer.run_id));
            self.played.presses.extend([cut, again]);
            self.queue(site, false).await?;
            self.until_over(answer.run_id, self.patience()).await?;
        }
        Ok(())
    }

    /// Has nothing of a tenant start, or lets it.
    async fn queue(&self, site: usize, is_paused: bool) -> Result<()> {
        let installation = &self.stage.installation;
        let (store, owner) = (&installation.store, &installation.owner);
        let tenant = &self.site(site)?.tenant;
        match is_paused {
            true => store.queue_pause_set(owner, tenant).await?,
            false => store.queue_resume(owner, tenant).await?,
        }
        Ok(())
    }

    /// A press, soon after which the pages are killed; they are ready again afterwards.
    async fn cut_one(&mut self, site: usize) -> Result<Press> {
        let kill_at = self.random.between(Duration::ZERO, SOON);
        let (base, installation) = (
            self.stage.pages.base(),
            Arc::clone(&self.stage.installation),
        );
        let site = installation.sites.get(site).context("no such tenant")?;
        let pressed = press(&base, site, CHECK);
        tokio::pin!(pressed);
        let answered = tokio::select! {
            press = &mut pressed => Some(press),
            () = sleep(kill_at) => None,
        };
        self.does(Fault::PagesKilled)?;
        let cut = match answered {
            Some(press) => press,
            None => pressed.await,
        };
        if let Some(ready) = self.stage.one(Fault::PagesStart)? {
            ready.await?;
        }
        Ok(cut)
    }

    /// The same press once more, of pages that are there.
    async fn press_again(&self, site: usize) -> Result<Press> {
        let again = press(&self.stage.pages.base(), self.site(site)?, CHECK).await;
        if again.answer.is_none() {
            bail!("pages that were ready did not answer a press: {again:?}");
        }
        Ok(again)
    }
}
