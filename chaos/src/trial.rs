//! One trial from its beginning to its report.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use postgres_cluster::Stop;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use crate::{
    check::{self, Broken, authority, journal},
    driver::{self, Asked, Seen},
    http,
    installation::{Directory, Installation},
    place::{Dialect, Place},
    plan::{At, Fault, Plan, Size},
    processes::{Service, WorkerProgram, Workers},
    report::{Faults, Report},
    watch,
};

/// What a trial is told.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) seed: u64,
    pub(crate) dialect: Dialect,
    pub(crate) size: Size,
    /// The built `tenant-atlas`.
    pub(crate) program: PathBuf,
    /// The worker with a mistake in it, and the mistake's name.
    pub(crate) planted: Option<(PathBuf, String)>,
    /// Milliseconds that every answer of the provider takes.
    pub(crate) delay_ms: u64,
}

/// Everything that runs while faults go on.
struct Stage {
    place: Place,
    workers: Workers,
    pages: Service,
    faults: Faults,
    recovery: Arc<AtomicU64>,
}

/// Plays a trial; the folder holds its files and its logs.
pub(crate) async fn play(order: &Order, folder: &Path) -> Result<Report> {
    let plan = Plan::of(order.seed, &order.size);
    let (data, logs, site) = (
        folder.join("data"),
        folder.join("logs"),
        folder.join("site"),
    );
    for folder in [&data, &logs, &site] {
        fs::create_dir_all(folder)?;
    }
    let manifest = r#"{"js":"pkg/a.js","wasm":"pkg/a.wasm","css":"pkg/a.css"}"#;
    fs::write(site.join("manifest.json"), manifest)?;

    let (sandbox, provider, directories) = sandbox(order, &site, &logs).await?;
    let place = Place::make(order.dialect, folder)?;
    let url = place.url();
    let installation = Installation::make(&url, &data, &provider, directories).await?;
    let installation = Arc::new(installation);
    let data = data.to_str().context("a folder with an unusual name")?;
    let common = ["--data-dir", data, "--database-url", &url];
    let arguments = [&["web", "--listen", "127.0.0.1:0"], &common[..]].concat();
    let pages = Service::start(&order.program, &arguments, &site, &logs.join("web.log"))?;
    let stage = Stage {
        workers: Workers::start(worker_program(order, &common, &logs), order.size.workers)?,
        place,
        pages,
        faults: Faults::default(),
        recovery: Arc::default(),
    };
    let report = perform(order, plan, stage, &installation, &provider, &logs).await;
    drop(sandbox);
    report
}

/// What the sandbox says when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: String,
    tenants: Vec<Directory>,
}

async fn sandbox(
    order: &Order,
    site: &Path,
    logs: &Path,
) -> Result<(Service, String, Vec<Directory>)> {
    let (seed, tenants) = (order.seed.to_string(), order.size.tenants.to_string());
    let arguments = [
        "graph-sandbox",
        "--listen",
        "127.0.0.1:0",
        "--seed",
        &seed,
        "--tenants",
        &tenants,
        "--control",
        "--json",
    ];
    let sandbox = Service::start(&order.program, &arguments, site, &logs.join("sandbox.log"))?;
    let Ready {
        url: provider,
        tenants: directories,
    } = sandbox.json()?;
    let slow = json!({ "kind": "delay", "delay_ms": order.delay_ms }).to_string();
    let (status, body) = http::ask(&provider, "POST", "/_sandbox/faults", &slow).await?;
    anyhow::ensure!(status < 300, "the sandbox takes no fault: {body}");
    Ok((sandbox, provider, directories))
}

fn worker_program(order: &Order, common: &[&str], logs: &Path) -> WorkerProgram {
    let lease = order.size.lease.as_secs().to_string();
    let own = ["--workers", "2", "--lease-seconds", &lease];
    let arguments = match &order.planted {
        Some((_, mistake)) => [common, &own, &["--mistake", mistake]].concat(),
        None => [&["worker"], common, &own].concat(),
    };
    WorkerProgram {
        program: order
            .planted
            .as_ref()
            .map_or_else(|| order.program.clone(), |(program, _)| program.clone()),
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        logs: logs.to_owned(),
    }
}

async fn perform(
    order: &Order,
    plan: Plan,
    mut stage: Stage,
    installation: &Arc<Installation>,
    provider: &str,
    logs: &Path,
) -> Result<Report> {
    let (stop, begin) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let sampling = tokio::spawn(watch::sample(installation.store.clone(), Arc::clone(&stop)));
    let (mut asking, mut changing) = (Vec::new(), Vec::new());
    for (site, wishes) in plan.wishes.into_iter().enumerate() {
        let installation = Arc::clone(installation);
        asking.push(tokio::spawn(driver::ask(installation, site, wishes, begin)));
    }
    for (site, changes) in plan.changes.into_iter().enumerate() {
        let (installation, stop) = (Arc::clone(installation), Arc::clone(&stop));
        changing.push(tokio::spawn(driver::change(
            installation,
            site,
            changes,
            begin,
            stop,
        )));
    }
    let waits = stage.suffer(plan.faults, begin).await?;
    for wait in waits {
        wait.await?;
    }
    let mut asked = Asked::default();
    for asking in asking {
        asked = asked.and(asking.await?);
    }
    let mut seen: Vec<Seen> = Vec::new();
    for changing in changing {
        seen.push(changing.await?);
    }
    let mistake = order.planted.as_ref().map(|(_, mistake)| &**mistake);
    let bound = match mistake {
        None | Some("none") => order.size.lease * 2 + Duration::from_secs(60),
        // What a mistake leaves behind need not be waited for.
        Some(_) => order.size.lease * 2 + Duration::from_secs(6),
    };
    let (settled, stuck) = watch::until_settled(&installation.store, bound).await;
    stop.store(true, Ordering::Relaxed);
    let (samples, mut broken) = sampling.await?;
    let unwell = stage.workers.stop();
    broken.extend(stuck);
    if unwell > 0 {
        broken.push(of_trial(
            "workers end well when they are asked to",
            format!("{unwell} did not"),
        ));
    }

    let (store, workspace) = (&installation.store, installation.workspace.id());
    let known: HashSet<_> = broken.iter().map(|it| (it.rule.clone(), it.run)).collect();
    let last = store.violations().await?.into_iter().map(Broken::from);
    broken.extend(last.filter(|it| !known.contains(&(it.rule.clone(), it.run))));
    let decisions = store.decisions_made(workspace).await?;
    let changes = store.changes_made(workspace).await?;
    let attempts = store.attempts_made(workspace).await?;
    broken.extend(authority::check(
        &installation.sites,
        &seen,
        &changes,
        &decisions,
    ));
    let page: journal::Page = http::get(provider, "/_sandbox/journal").await?;
    let (calls, of_calls) = journal::check(&installation.sites, &page.entries, &attempts)?;
    broken.extend(of_calls);
    let ends = store.ends_made(workspace).await?;
    let over: HashSet<_> = ends.iter().map(|(run, _)| *run).collect();
    let lost = asked.runs.iter().filter(|run| !over.contains(run));
    broken.extend(lost.map(|run| {
        check::broken(
            "I10 what was accepted is there and over",
            *run,
            "it is not".to_owned(),
        )
    }));
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for (_, outcome) in &ends {
        *outcomes.entry(outcome.as_str().to_owned()).or_default() += 1;
    }
    let longest = stage.recovery.load(Ordering::Relaxed);
    if Duration::from_millis(longest) > watch::RECOVERY {
        broken.push(of_trial(
            "I11 pages are ready within 10 s",
            format!("{longest} ms"),
        ));
    }
    broken.extend(secrets_in(logs, installation)?);
    Ok(Report {
        seed: order.seed,
        database: order.dialect.as_str(),
        planted: order.planted.as_ref().map(|(_, mistake)| mistake.clone()),
        seconds: order.size.length.as_secs(),
        workers: order.size.workers,
        tenants: order.size.tenants,
        faults: stage.faults.clone(),
        changes: seen.iter().map(|seen| seen.changes).sum(),
        asked,
        runs: ends.len(),
        outcomes,
        decisions: decisions.len(),
        refusals: authority::refusals(&decisions),
        attempts: attempts.len(),
        calls,
        samples,
        longest_recovery_ms: longest,
        settled_ms: u64::try_from(settled.as_millis()).unwrap_or(u64::MAX),
        refused_by_the_wall: refused_by_the_wall(logs)?,
        broken,
    })
}

fn of_trial(rule: &str, what: String) -> Broken {
    Broken {
        rule: rule.to_owned(),
        run: None,
        what,
    }
}

impl Stage {
    /// Does to the processes what the plan says, and brings everything back at its end.
    async fn suffer(
        &mut self,
        faults: Vec<At<Fault>>,
        begin: Instant,
    ) -> Result<Vec<JoinHandle<()>>> {
        let mut waits = Vec::new();
        for fault in faults {
            sleep_until(begin + fault.at).await;
            waits.extend(self.one(fault.what)?);
        }
        self.workers.heal()?;
        self.place.go_on()?;
        Ok(waits)
    }

    fn one(&mut self, fault: Fault) -> Result<Option<JoinHandle<()>>> {
        match fault {
            Fault::Kill(worker) => {
                self.workers.kill(worker);
                self.faults.kills += 1;
            }
            Fault::Start(worker) => {
                self.workers.start_one(worker)?;
                self.faults.worker_starts += 1;
            }
            Fault::Freeze(worker) => {
                self.workers.freeze(worker);
                self.faults.freezes += 1;
            }
            Fault::Thaw(worker) => self.workers.thaw(worker),
            Fault::DatabaseStops(how) => {
                self.place.stop(how);
                let word = match how {
                    Stop::Fast => "fast",
                    Stop::Immediate => "immediate",
                    Stop::Kill => "kill",
                };
                *self
                    .faults
                    .database_stops
                    .entry(word.to_owned())
                    .or_default() += 1;
            }
            Fault::DatabaseStarts => {
                self.place.go_on()?;
                self.faults.database_starts += 1;
                let pages = self
                    .pages
                    .line
                    .trim()
                    .rsplit(' ')
                    .next()
                    .unwrap_or_default();
                let waiting = watch::until_ready(pages.to_owned(), Arc::clone(&self.recovery));
                return Ok(Some(tokio::spawn(waiting)));
            }
        }
        Ok(None)
    }
}

fn texts(logs: &Path) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(logs)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        texts.push((
            name,
            String::from_utf8_lossy(&fs::read(&path)?).into_owned(),
        ));
    }
    Ok(texts)
}

/// Secrets that stand in what a process wrote.
fn secrets_in(logs: &Path, installation: &Installation) -> Result<Vec<Broken>> {
    let mut found = Vec::new();
    for (name, text) in texts(logs)? {
        for site in &installation.sites {
            if text.contains(&site.directory.client_secret) {
                let what = format!("{name} has the secret of {}", site.directory.display_name);
                found.push(of_trial("I13 no secret is written down", what));
            }
        }
    }
    Ok(found)
}

/// Claims, ends and sweeps that the database itself refused, as the workers' logs have them.
fn refused_by_the_wall(logs: &Path) -> Result<u64> {
    let refused = "talking to the database";
    let count = texts(logs)?
        .iter()
        .map(|(_, text)| text.matches(refused).count())
        .sum::<usize>();
    Ok(count as u64)
}
