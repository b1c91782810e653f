//! One trial from its beginning to its report.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use domain::ids::RunId;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::{
    bulks::{self, Bulks},
    burden::Bearers,
    check::of_trial,
    driver::{self, Asked},
    grants::{self, Seen},
    installation::Installation,
    place::Dialect,
    plan::{Answer, At, Plan, Size},
    planted::{Finder, Planted},
    provider::{CONFIGURATIONS, Provider},
    queues::{self, Pauses},
    report::Report,
    scenes::{self, Played, Scene},
    slots::{self, Came},
    stage::Stage,
    verdict::{Past, judge},
    viewers::{self, Known},
    watch::{self, Sampled},
};

/// What a trial is told.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) seed: u64,
    pub(crate) dialect: Dialect,
    pub(crate) size: Size,
    /// The built `tenant-atlas`.
    pub(crate) program: PathBuf,
    /// The worker with a mistake in it, and the mistake.
    pub(crate) planted: Option<(PathBuf, Planted)>,
    /// Milliseconds that every answer of the provider takes.
    pub(crate) delay_ms: u64,
}

impl Order {
    fn finder(&self) -> Option<Finder> {
        self.planted.as_ref().map(|(_, planted)| planted.finder)
    }

    fn scenes(&self) -> &'static [Scene] {
        let planted = self.planted.as_ref();
        planted.map_or(&Scene::ALL, |(_, planted)| planted.scenes)
    }

    /// Whose memory, descriptors and log are looked at.
    fn bearers(&self, folder: &Path) -> Bearers {
        let planted = self.planted.iter().map(|(program, _)| program);
        Bearers {
            programs: planted.chain([&self.program]).cloned().collect(),
            log: self.dialect.log(folder),
        }
    }

    /// How long runs may take until none is left, once nothing is broken any more.
    fn bound(&self) -> Duration {
        match self.finder() {
            None | Some(Finder::Nobody) => self.size.lease * 2 + Duration::from_secs(60),
            // What a mistake leaves behind need not be waited for.
            Some(_) => Duration::from_secs(2),
        }
    }
}

/// Plays a trial; the folder holds its files and its logs.
pub(crate) async fn play(order: &Order, folder: &Path) -> Result<Report> {
    let mut stage = Stage::set(order, folder).await?;
    let store = stage.installation.store.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let sampling = watch::sample(store.clone(), order.bearers(folder), Arc::clone(&stop));
    let sampling = tokio::spawn(sampling);
    let (seed, lease) = (order.seed, order.size.lease);
    let played = scenes::play(&mut stage, seed, lease, order.scenes(), order.finder()).await?;
    let known = Known::default();
    learn(&known, &played.runs);

    let mut chanced = chance(order, &mut stage, &known, &stop).await?;
    let (settled, stuck) = watch::until_settled(&stage.installation, order.bound()).await;
    stop.store(true, Ordering::Relaxed);
    let Sampled {
        samples,
        burden,
        mut broken,
    } = sampling.await?;
    let unwell = stage.workers.stop();
    broken.extend(stuck);
    if unwell > 0 {
        let what = format!("{unwell} did not");
        broken.push(of_trial("workers end well when they are asked to", what));
    }
    let Played {
        scenes,
        runs,
        presses,
        seen: seen_in_scenes,
        came: came_in_scenes,
        broken: of_scenes,
    } = played;
    broken.extend(of_scenes);
    chanced.asked.presses.extend(presses);
    let both = seen_in_scenes.into_iter().zip(chanced.seen);
    let past = Past {
        scenes,
        runs: runs.into_iter().chain(chanced.asked.runs.clone()).collect(),
        asked: chanced.asked,
        pauses: chanced.pauses,
        bulks: chanced.bulks,
        came: [came_in_scenes, chanced.came].concat(),
        seen: both.map(|(first, then)| first.and(then)).collect(),
        looked: chanced.looked,
        samples,
        burden,
        settled,
        broken,
    };
    judge(order, &stage, past).await
}

fn learn(known: &Known, runs: &[(usize, RunId)]) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.extend(runs);
}

/// What the people of the plan have to tell.
#[derive(Default)]
struct Chanced {
    asked: Asked,
    pauses: Pauses,
    bulks: Bulks,
    came: Vec<Came>,
    seen: Vec<Seen>,
    looked: Vec<viewers::Looked>,
}

/// Everything that the plan has, each thing at its moment.
async fn chance(
    order: &Order,
    stage: &mut Stage,
    known: &Known,
    stop: &Arc<AtomicBool>,
) -> Result<Chanced> {
    let plan = Plan::of(order.seed, &order.size);
    let (installation, begin) = (Arc::clone(&stage.installation), Instant::now());
    let (mut asking, mut changing, mut looking) = (Vec::new(), Vec::new(), Vec::new());
    let (mut pausing, mut bringing) = (Vec::new(), Vec::new());
    for (site, wishes) in plan.wishes.into_iter().enumerate() {
        let (installation, known) = (Arc::clone(&installation), Arc::clone(known));
        let pages = stage.pages.base();
        let asks = driver::ask(installation, pages, site, wishes, known, begin);
        asking.push(tokio::spawn(asks));
    }
    for (site, changes) in plan.changes.into_iter().enumerate() {
        let (installation, stop) = (Arc::clone(&installation), Arc::clone(stop));
        let changes = grants::change(installation, site, changes, begin, stop);
        changing.push(tokio::spawn(changes));
    }
    for (site, turns) in plan.pauses.into_iter().enumerate() {
        let pauses = queues::pause(Arc::clone(&installation), site, turns, begin);
        pausing.push(tokio::spawn(pauses));
    }
    for (site, slots) in plan.slots.into_iter().enumerate() {
        let slots = slots::bring(Arc::clone(&installation), site, slots, begin);
        bringing.push(tokio::spawn(slots));
    }
    for (viewer, looks) in plan.looks.into_iter().enumerate() {
        let (installation, known) = (Arc::clone(&installation), Arc::clone(known));
        let looks = viewers::look(
            installation,
            stage.pages.base(),
            viewer,
            looks,
            known,
            begin,
        );
        looking.push(tokio::spawn(looks));
    }
    let bulks = bulks::ask(Arc::clone(&installation), plan.bulks, begin);
    let bulking = tokio::spawn(bulks);
    let provider = stage.provider.clone();
    let answers = answer(Arc::clone(&installation), provider, plan.answers, begin);
    let answering = tokio::spawn(answers);
    for wait in stage.suffer(plan.faults, begin).await? {
        wait.await?;
    }
    answering.await??;
    let mut chanced = Chanced {
        bulks: bulking.await?,
        ..Chanced::default()
    };
    for asking in asking {
        chanced.asked = chanced.asked.and(asking.await?);
    }
    for changing in changing {
        chanced.seen.push(changing.await?);
    }
    for pausing in pausing {
        chanced.pauses = chanced.pauses.and(&pausing.await?);
    }
    for bringing in bringing {
        chanced.came.extend(bringing.await?);
    }
    for looking in looking {
        chanced.looked.extend(looking.await?);
    }
    Ok(chanced)
}

/// Has answers of the provider go astray at their moments; those that met nobody are given up at the end.
async fn answer(
    installation: Arc<Installation>,
    provider: Provider,
    answers: Vec<At<(usize, Answer)>>,
    begin: Instant,
) -> Result<()> {
    let mut left = Vec::new();
    for answer in answers {
        sleep_until(begin + answer.at).await;
        let (site, what) = answer.what;
        let Some(site) = installation.sites.get(site) else {
            continue;
        };
        let mut fault = fault_of(what);
        if let Some(fields) = fault.as_object_mut() {
            fields.insert("tenant_id".to_owned(), json!(site.directory.tenant_id));
            fields.insert("route".to_owned(), json!(CONFIGURATIONS));
            fields.insert("count".to_owned(), json!(1));
        }
        left.push(provider.fault(&fault).await?);
    }
    for fault in left {
        provider.heal(&fault).await?;
    }
    Ok(())
}

fn fault_of(answer: Answer) -> Value {
    match answer {
        Answer::Refused(429) => json!({ "kind": "status", "status": 429, "retry_after": "1" }),
        Answer::Refused(status) => json!({ "kind": "status", "status": status }),
        Answer::StatusAfterCommit(status) => {
            json!({ "kind": "status_after_commit", "status": status })
        }
        Answer::HangAfterCommit => json!({ "kind": "hang_after_commit" }),
        Answer::ResetAfterCommit => json!({ "kind": "reset_after_commit" }),
    }
}
