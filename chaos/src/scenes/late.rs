//! Scenes about a worker that is stopped past its lease: another one takes over, then it goes on.

use std::time::Duration;

use anyhow::{Result, bail};
use domain::ids::RunId;
use serde_json::json;
use store::LabEffect;

use super::{Playing, TRIES};
use crate::{
    plan::{Fault, Wish},
    planted::Finder,
    provider::{CONFIGURATIONS, Call},
    wait::until,
};

fn lists(call: &Call) -> bool {
    call.path.ends_with(CONFIGURATIONS)
}

impl Playing<'_> {
    /// It is stopped in a call that is answered late, and has nothing left to do but to end the run.
    pub(super) async fn late_end(&mut self, site: usize) -> Result<()> {
        for _ in 0..TRIES {
            let late = json!({ "kind": "delay", "delay_ms": 3_000 });
            let late = self.fault(site, "", late).await?;
            let run = self.ask(site, Wish::Write(0, LabEffect::Update)).await?;
            self.until_called("its call", run, lists).await?;
            let Some(worker) = self.holder(run).await? else {
                bail!("nobody holds a run whose call is not answered");
            };
            self.does(Fault::Freeze(worker))?;
            // It goes on while the one that took over waits for the same answer.
            let taken = self.until_taken(run, worker).await;
            self.stage.provider.heal(&late).await?;
            self.does(Fault::Thaw(worker))?;
            self.until_over(run, self.patience()).await?;
            if taken? {
                return Ok(());
            }
        }
        bail!("no worker could be stopped without a lock in its hand");
    }

    /// It is stopped while the provider has it wait before a change that it has set out for.
    pub(super) async fn late_change(&mut self, site: usize) -> Result<()> {
        for _ in 0..TRIES {
            let Some((run, worker, wait)) = self.put_off(site).await? else {
                continue;
            };
            self.does(Fault::Freeze(worker))?;
            let is_over = self.until_over(run, self.rescue()).await.is_ok();
            self.does(Fault::Thaw(worker))?;
            self.stage.provider.heal(&wait).await?;
            if is_over {
                let logs = self.stage.logs.clone();
                self.until("that it lets go", self.patience(), async || {
                    Ok(logs.has_let_go(worker, run))
                })
                .await?;
                // On a busy machine the gate's leave may be too old by now: then nothing would go out anyway.
                let calls = self.stage.provider.calls_of(run).await?;
                let is_sent = calls.iter().filter(|call| call.is_change()).count() > 3;
                let is_planted = matches!(self.finder, Some(Finder::Rule(_)));
                if is_sent || !is_planted {
                    return Ok(());
                }
                continue;
            }
            self.until_over(run, self.patience()).await?;
        }
        bail!("no worker could be stopped between a change and its sending");
    }

    /// Has a run wait before a change that it has set out for, because the provider says so; answers who works on
    /// it, and the fault; nothing, when the trial came too late.
    pub(super) async fn put_off(&mut self, site: usize) -> Result<Option<(RunId, usize, String)>> {
        // The look before the change is held up, so that the next call is known to be the change.
        let hold = json!({ "kind": "delay", "delay_ms": 2_500, "count": 1 });
        self.fault(site, "/", hold).await?;
        let run = self.ask(site, Wish::Write(2, LabEffect::Update)).await?;
        self.until_called("its look", run, Call::has_target).await?;
        let wait = json!({ "kind": "status", "status": 429, "retry_after": "2", "count": 1 });
        let wait = self.fault(site, "/", wait).await?;
        let is_answered = |call: &Call| call.is_change() && call.status.is_some();
        self.until_called("its change", run, is_answered).await?;
        let is_put_off = |call: &Call| call.is_change() && call.status == Some(429);
        let calls = self.stage.provider.calls_of(run).await?;
        let holder = self.holder(run).await?;
        let worker = holder.filter(|_| calls.iter().any(is_put_off));
        if let Some(worker) = worker {
            return Ok(Some((run, worker, wait)));
        }
        // The provider was told too late to have it wait, or this trial looked too late.
        self.stage.provider.heal(&wait).await?;
        self.until_over(run, self.patience()).await?;
        Ok(None)
    }

    /// Waits until another process is at the same call for the run; not, when nobody can take it over.
    async fn until_taken(&self, run: RunId, worker: usize) -> Result<bool> {
        let provider = &self.stage.provider;
        let is_taken = async || {
            let holder = self.holder(run).await?;
            let calls = provider.calls_of(run).await?;
            let is_called = calls.iter().filter(|call| lists(call)).count() > 1;
            Ok(is_called && holder.is_some_and(|it| it != worker))
        };
        if matches!(self.finder, Some(Finder::Wall(_))) {
            self.until("that it is taken over", self.rescue(), is_taken)
                .await?;
            return Ok(true);
        }
        let bound: Duration = self.rescue();
        Ok(until(bound, is_taken).await)
    }
}
