//! A scene about time: a slot of a tenant's schedule comes.

use anyhow::{Context as _, Result, bail};

use super::Playing;
use crate::slots::{bring_one, is_decided};

impl Playing<'_> {
    /// It is decided about, and what runs because of it comes to its end.
    pub(super) async fn slot(&mut self, number: usize) -> Result<()> {
        self.hand_reads(number).await?;
        let installation = std::sync::Arc::clone(&self.stage.installation);
        let site = installation.sites.get(number).context("no such tenant")?;
        // Its own slot, at midnight, may have come by itself.
        self.until("that no slot waits", self.patience(), async || {
            is_decided(&installation, site).await
        })
        .await?;
        let Some(came) = bring_one(&installation, number, site).await? else {
            bail!("an earlier slot waits in a scene of its own");
        };
        self.played.came.push(came);
        self.until(
            "that the slot is decided about",
            self.patience(),
            async || is_decided(&installation, site).await,
        )
        .await?;
        let store = &installation.store;
        let schedule = store.schedule(&site.tenant, site.schedule).await?;
        let runs = store.schedule_runs(&schedule, 1).await?;
        let run = runs.first().context("the slot has no run")?;
        self.until_over(run.id, self.patience()).await.map(drop)
    }
}
