//! What chance would bring about now and then, brought about every time.
//!
//! A scene does the next thing when it has seen what the last one led to, in the database, in the provider's
//! journal or in a worker's log; the seed chooses the order of the scenes and in which tenants they are played.

mod answers;
mod cut;
mod grants;
mod late;
mod leave;
mod slot;
mod work;

use std::{sync::atomic::AtomicBool, time::Duration};

use anyhow::{Context as _, Result, bail};
use domain::{ids::RunId, operation::OperationType, run::RunState};
use serde_json::{Value, json};
use store::Requested;

use crate::{
    check::{Broken, of_trial},
    driver,
    grants::Seen,
    installation::Site,
    plan::{Fault, Wish},
    planted::Finder,
    presses::Press,
    provider::{CONFIGURATIONS, Call},
    random::Random,
    slots::Came,
    stage::Stage,
    wait::until,
};

/// No call begins later than this after the gate was asked (L-10).
const LEAVE: Duration = Duration::from_secs(15);

/// How often something is tried that depends on catching a process in the act.
const TRIES: usize = 4;

/// One scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scene {
    /// A run for a person, from its request to its end.
    Plain,
    /// Each thing that authority rests on is lost while a run waits.
    Losses,
    /// A run waits behind a pause of its queue while another tenant's is worked off.
    Paused,
    /// A worker is stopped past its lease at work, and goes on when another one has its run.
    LateEnd,
    /// The same between what it set out to change and the call.
    LateChange,
    /// A worker is stopped for longer than leave is good for, within its lease, while authority is lost.
    OldLeave,
    /// Authority is lost while a run is at work, and has much left to do.
    LossAtWork,
    /// A slot of a schedule comes.
    Slot,
    /// Changes are made and their answers are lost.
    LostAnswers,
    /// A worker dies after a change and before its answer.
    DeathInAChange,
    /// The same, and authority is lost before anybody can look.
    DeathAndLoss,
    /// The pages are killed in the middle of somebody's press.
    CutPress,
}

impl Scene {
    pub(crate) const ALL: [Self; 12] = [
        Self::Plain,
        Self::Losses,
        Self::Paused,
        Self::LateEnd,
        Self::LateChange,
        Self::OldLeave,
        Self::LossAtWork,
        Self::Slot,
        Self::LostAnswers,
        Self::DeathInAChange,
        Self::DeathAndLoss,
        Self::CutPress,
    ];
}

/// What playing them left.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) scenes: Vec<String>,
    /// Each with the number of its tenant.
    pub(crate) runs: Vec<(usize, RunId)>,
    pub(crate) presses: Vec<Press>,
    /// By tenant.
    pub(crate) seen: Vec<Seen>,
    /// Slots that were made to come.
    pub(crate) came: Vec<Came>,
    pub(crate) broken: Vec<Broken>,
}

/// The scenes of one trial.
struct Playing<'a> {
    stage: &'a mut Stage,
    lease: Duration,
    finder: Option<Finder>,
    random: Random,
    played: Played,
    never: AtomicBool,
}

/// Plays scenes in an order of the seed's.
pub(crate) async fn play(
    stage: &mut Stage,
    seed: u64,
    lease: Duration,
    scenes: &[Scene],
    finder: Option<Finder>,
) -> Result<Played> {
    let mut playing = Playing {
        lease,
        finder,
        random: Random::of(seed, "scene", 0),
        played: Played::default(),
        never: AtomicBool::new(false),
        stage,
    };
    let sites = playing.stage.installation.sites.len();
    playing.played.seen.resize_with(sites, Seen::default);
    let mut left = scenes.to_vec();
    while !left.is_empty() {
        let scene = left.swap_remove(playing.random.below(left.len()));
        let come = playing.one(scene).await;
        playing.stage.heal()?;
        playing.played.scenes.push(format!("{scene:?}"));
        if let Err(why) = come {
            if matches!(finder, None | Some(Finder::Nobody)) {
                let what = format!("{scene:?}: {why:#}");
                let broken = of_trial("a scene comes to its end", what);
                playing.played.broken.push(broken);
            }
            // What a mistake has broken is for the checker to see.
            break;
        }
    }
    Ok(playing.played)
}

impl Playing<'_> {
    async fn one(&mut self, scene: Scene) -> Result<()> {
        let site = self.random.below(self.stage.installation.sites.len());
        match scene {
            Scene::Plain => self.plain(site).await,
            Scene::Losses => self.losses(site).await,
            Scene::Paused => self.paused(site).await,
            Scene::LateEnd => self.late_end(site).await,
            Scene::LateChange => self.late_change(site).await,
            Scene::OldLeave => self.old_leave(site).await,
            Scene::LossAtWork => self.loss_at_work(site).await,
            Scene::Slot => self.slot(site).await,
            Scene::LostAnswers => self.lost_answers(site).await,
            Scene::DeathInAChange => self.death_in_a_change(site).await,
            Scene::DeathAndLoss => self.death_and_loss(site).await,
            Scene::CutPress => self.cut_press(site).await,
        }
    }

    /// Waits for something that a sound program brings about.
    async fn until(
        &self,
        what: &str,
        bound: Duration,
        mut is_so: impl AsyncFnMut() -> Result<bool>,
    ) -> Result<()> {
        let words = self.finder.map_or(&[][..], Finder::words);
        let logs = self.stage.logs.clone();
        let mut is_refused = false;
        let come = until(bound, async || {
            is_refused = logs.refused_by_the_wall(words)? > 0;
            Ok(is_refused || is_so().await?)
        })
        .await;
        if !come || is_refused {
            bail!("it never came about: {what}");
        }
        Ok(())
    }

    /// As long as a person would wait for a run that nothing disturbs, on a machine that is busy.
    fn patience(&self) -> Duration {
        match self.finder {
            None | Some(Finder::Nobody) => Duration::from_secs(60),
            Some(_) => self.rescue(),
        }
    }

    /// As long as it takes until a silent worker's run is somebody else's.
    fn rescue(&self) -> Duration {
        self.lease * 3 + Duration::from_secs(6)
    }

    fn site(&self, site: usize) -> Result<&Site> {
        let found = self.stage.installation.sites.get(site);
        found.context("no such tenant")
    }

    async fn ask(&mut self, site: usize, wish: Wish) -> Result<RunId> {
        let asked = driver::request(&self.stage.installation, self.site(site)?, wish).await?;
        let Requested::Accepted(run) = asked else {
            bail!("asked for {wish:?}, and answered {asked:?}");
        };
        self.played.runs.push((site, run));
        Ok(run)
    }

    async fn until_over(&self, run: RunId, bound: Duration) -> Result<RunState> {
        let installation = &self.stage.installation;
        let mut state = None;
        self.until("the run's end", bound, async || {
            let access = installation.store.run(&installation.owner, run).await?;
            state = Some(access.run().state);
            Ok(access.run().state.is_over())
        })
        .await?;
        state.context("the run has no state")
    }

    async fn attempt(&self, run: RunId) -> Result<i64> {
        let installation = &self.stage.installation;
        let access = installation.store.run(&installation.owner, run).await?;
        Ok(access.run().attempt)
    }

    async fn until_called(
        &self,
        what: &str,
        run: RunId,
        is_meant: impl Fn(&Call) -> bool,
    ) -> Result<()> {
        let provider = &self.stage.provider;
        self.until(what, self.patience(), async || {
            Ok(provider.calls_of(run).await?.iter().any(&is_meant))
        })
        .await
    }

    /// Which process works on a run; none when nobody does any more.
    async fn holder(&self, run: RunId) -> Result<Option<usize>> {
        let held = self.stage.installation.store.runs_held().await?;
        let worker = held.iter().find(|held| held.run == run);
        let processes = self.stage.workers.count();
        Ok(worker.and_then(|it| self.stage.logs.process_of(it.worker, processes)))
    }

    /// A fault for a tenant's device configurations, below the path if one is given.
    async fn fault(&self, site: usize, below: &str, fault: Value) -> Result<String> {
        let mut fault = fault;
        if let Some(fields) = fault.as_object_mut() {
            let tenant = &self.site(site)?.directory.tenant_id;
            fields.insert("tenant_id".to_owned(), json!(tenant));
            let route = format!("{CONFIGURATIONS}{below}");
            fields.insert("route".to_owned(), json!(route));
        }
        self.stage.provider.fault(&fault).await
    }

    fn does(&mut self, fault: Fault) -> Result<()> {
        self.stage.one(fault).map(drop)
    }

    /// A run for a person, from its request to its end.
    async fn plain(&mut self, site: usize) -> Result<()> {
        self.hand_reads(site).await?;
        let wish = Wish::Person(OperationType::ConnectionCheck);
        let run = self.ask(site, wish).await?;
        self.until_over(run, self.patience()).await.map(drop)
    }
}
