//! Scenes about what a run waits with: its queue is paused, and what it rests on is lost meanwhile.

use anyhow::{Context as _, Result};
use domain::operation::OperationType;

use super::Playing;
use crate::{
    grants::Hand,
    plan::{Change, LOSSES, Wish},
};

impl Playing<'_> {
    /// Reads a tenant's grants, so that a decision about it has something to be measured by.
    pub(super) async fn hand_reads(&mut self, site: usize) -> Result<()> {
        self.change(site, None).await
    }

    /// Takes something away, or gives it back, and notes what was read.
    pub(super) async fn change(&mut self, site: usize, change: Option<Change>) -> Result<()> {
        let installation = std::sync::Arc::clone(&self.stage.installation);
        let place = installation.sites.get(site).context("no such tenant")?;
        let hand = Hand::of(&installation, place, &self.never).await;
        let mut hand = hand.context("nobody reads the grants")?;
        if let Some(change) = change {
            hand.change(change)
                .await
                .context("nobody reads the grants")?;
        }
        let seen = self.played.seen.get_mut(site).context("no such tenant")?;
        *seen = std::mem::take(seen).and(hand.seen());
        Ok(())
    }

    /// Each loss in its turn, while the tenant's queue is paused and a run waits in it.
    pub(super) async fn losses(&mut self, site: usize) -> Result<()> {
        for loss in LOSSES {
            let installation = std::sync::Arc::clone(&self.stage.installation);
            let place = installation.sites.get(site).context("no such tenant")?;
            let (store, owner) = (&installation.store, &installation.owner);
            store.queue_pause_set(owner, &place.tenant).await?;
            let wish = Wish::Person(OperationType::ConnectionCheck);
            let run = self.ask(site, wish).await?;
            self.change(site, Some(Change::Lose(loss))).await?;
            store.queue_resume(owner, &place.tenant).await?;
            let over = self.until_over(run, self.patience()).await;
            self.change(site, Some(Change::Regain(loss))).await?;
            over?;
        }
        Ok(())
    }

    /// A run waits behind a pause while another tenant's, asked for after it, is worked off.
    pub(super) async fn paused(&mut self, site: usize) -> Result<()> {
        let installation = std::sync::Arc::clone(&self.stage.installation);
        let other = (site + 1) % installation.sites.len();
        let tenant = &installation
            .sites
            .get(site)
            .context("no such tenant")?
            .tenant;
        let (store, owner) = (&installation.store, &installation.owner);
        self.hand_reads(site).await?;
        self.hand_reads(other).await?;
        store.queue_pause_set(owner, tenant).await?;
        let wish = Wish::Person(OperationType::ConnectionCheck);
        let waits = self.ask(site, wish).await?;
        let passes = self.ask(other, wish).await?;
        let passed = self.until_over(passes, self.patience()).await;
        store.queue_resume(owner, tenant).await?;
        passed?;
        self.until_over(waits, self.patience()).await.map(drop)
    }
}
