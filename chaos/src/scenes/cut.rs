//! A scene about a press of a start button in the middle of which the pages are killed.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use domain::{operation::OperationType, views::StartResult};
use tokio::time::sleep;

use super::Playing;
use crate::{
    installation::Site,
    plan::Fault,
    presses::{Press, press},
};

/// How many presses are made, soon after each of which the pages are killed.
const CUTS: usize = 6;
/// How soon, the first time; then later after a press that was cut, and sooner after one that was answered first, so
/// that kills gather around the commit.
const SOON: Duration = Duration::from_millis(10);

const CHECK: OperationType = OperationType::ConnectionCheck;

impl Playing<'_> {
    /// Whoever had no answer presses again: then there is one run, whole, whatever became of the first press (I10).
    pub(super) async fn cut_press(&mut self, number: usize) -> Result<()> {
        self.hand_reads(number).await?;
        let installation = Arc::clone(&self.stage.installation);
        let site = installation.sites.get(number).context("no such tenant")?;
        let (store, owner) = (&installation.store, &installation.owner);
        let mut soon = SOON;
        for _ in 0..CUTS {
            store.queue_pause_set(owner, &site.tenant).await?;
            let first = self.cut_one(site, soon).await?;
            let again = press(&self.stage.pages.base(), site, CHECK).await;
            let told = again.answer.clone();
            let told = told.with_context(|| format!("ready pages did not answer: {again:?}"))?;
            let waiting = store.runs_queued(&site.tenant).await?;
            ensure!(waiting == 1, "two presses left {waiting} runs");
            if let Some(answer) = &first.answer {
                ensure!(
                    answer.run_id == told.run_id && told.result == StartResult::Deduped,
                    "run {} was asked for, and then {}",
                    answer.run_id,
                    told.run_id
                );
            }
            soon = match first.answer {
                Some(_) => soon / 2,
                None => soon * 3 / 2,
            };
            self.played.runs.push((number, told.run_id));
            self.played.presses.extend([first, again]);
            store.queue_resume(owner, &site.tenant).await?;
            self.until_over(told.run_id, self.patience()).await?;
        }
        Ok(())
    }

    /// A press, so soon after which the pages are killed; they are ready again afterwards.
    async fn cut_one(&mut self, site: &Site, soon: Duration) -> Result<Press> {
        let base = self.stage.pages.base();
        let pressed = press(&base, site, CHECK);
        tokio::pin!(pressed);
        let answered = tokio::select! {
            press = &mut pressed => Some(press),
            () = sleep(soon) => None,
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
}
