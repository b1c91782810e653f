//! Everything a trial has on its stage: the database, the provider, pages and workers.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
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
    installation::{Directory, Installation},
    logs::Logs,
    pages::{Choice, Pages},
    place::Place,
    plan::{At, Fault},
    processes::{Service, WorkerProgram, Workers},
    provider::Provider,
    report::Faults,
    trial::Order,
};

/// Everything that runs while faults go on.
pub(crate) struct Stage {
    pub(crate) installation: Arc<Installation>,
    pub(crate) provider: Provider,
    pub(crate) workers: Workers,
    pub(crate) logs: Logs,
    pub(crate) faults: Faults,
    /// When stopped workers went on, in microseconds since 1970.
    pub(crate) thaws: Vec<i64>,
    place: Place,
    pub(crate) pages: Pages,
    _sandbox: Service,
}

/// What the sandbox says when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: String,
    tenants: Vec<Directory>,
}

impl Stage {
    /// Sets it up in a folder, with nothing going on yet.
    pub(crate) async fn set(order: &Order, folder: &Path) -> Result<Self> {
        let [data, logs, site] = ["data", "logs", "site"].map(|name| folder.join(name));
        for folder in [&data, &logs, &site] {
            fs::create_dir_all(folder)?;
        }
        let manifest = r#"{"js":"pkg/a.js","wasm":"pkg/a.wasm","css":"pkg/a.css"}"#;
        fs::write(site.join("manifest.json"), manifest)?;

        let (sandbox, provider, directories) = sandbox(order, &site, &logs).await?;
        let place = Place::make(order.dialect, folder)?;
        let url = place.url();
        let installation = Installation::make(&url, &data, &provider, directories).await?;
        let data = data.to_str().context("a folder with an unusual name")?;
        let common = ["--data-dir", data, "--database-url", &url];
        let pages = Pages::start(&order.program, &common, &site, logs.join("web.log"))?;
        let logs = Logs(logs);
        Ok(Self {
            installation: Arc::new(installation),
            provider,
            workers: Workers::start(worker_program(order, &common, &logs), order.size.workers)?,
            faults: Faults::default(),
            thaws: Vec::new(),
            logs,
            place,
            pages,
            _sandbox: sandbox,
        })
    }

    /// Does to the processes what the plan says, and brings everything back at its end.
    pub(crate) async fn suffer(
        &mut self,
        faults: Vec<At<Fault>>,
        begin: Instant,
    ) -> Result<Vec<JoinHandle<()>>> {
        let mut waits = Vec::new();
        for fault in faults {
            sleep_until(begin + fault.at).await;
            waits.extend(self.one(fault.what)?);
        }
        self.heal()?;
        waits.push(self.back());
        Ok(waits)
    }

    /// Something that the pages rest on was brought back: waits for them.
    fn back(&self) -> JoinHandle<()> {
        let turn = self.pages.absences.turn();
        let waiting = self.pages.absences.clone();
        let choice = Choice {
            session: self.installation.owner_session.clone(),
            workspace: self.installation.workspace.id(),
        };
        tokio::spawn(waiting.until_ready(self.pages.base(), choice, turn))
    }

    /// Wakes up and starts again whatever is not there.
    pub(crate) fn heal(&mut self) -> Result<()> {
        self.thaws.push(now()?);
        self.workers.heal()?;
        self.place.thaw();
        self.place.go_on()?;
        self.pages.start_again()
    }

    /// Does one thing to a process.
    pub(crate) fn one(&mut self, fault: Fault) -> Result<Option<JoinHandle<()>>> {
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
            Fault::Thaw(worker) => {
                self.thaws.push(now()?);
                self.workers.thaw(worker);
            }
            Fault::DatabaseStops(how) => {
                self.pages.absences.turn();
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
                return Ok(Some(self.back()));
            }
            Fault::DatabaseFalls => {
                self.pages.absences.turn();
                self.place.freeze()?;
                self.faults.database_silences += 1;
            }
            Fault::DatabaseSpeaks => {
                self.place.thaw();
                return Ok(Some(self.back()));
            }
            Fault::PagesKilled => {
                self.pages.kill();
                self.faults.pages_kills += 1;
            }
            Fault::PagesStart => {
                self.pages.start_again()?;
                return Ok(Some(self.back()));
            }
        }
        Ok(None)
    }
}

/// By the clock that the journal goes by.
#[expect(
    clippy::disallowed_methods,
    reason = "compared with what another process has written down"
)]
fn now() -> Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_micros())?)
}

async fn sandbox(
    order: &Order,
    site: &Path,
    logs: &Path,
) -> Result<(Service, Provider, Vec<Directory>)> {
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
    let Ready { url, tenants } = sandbox.json()?;
    let provider = Provider { url };
    provider
        .fault(&json!({ "kind": "delay", "delay_ms": order.delay_ms }))
        .await?;
    Ok((sandbox, provider, tenants))
}

fn worker_program(order: &Order, common: &[&str], logs: &Logs) -> WorkerProgram {
    let own = ["--workers", "2"];
    let (program, arguments) = match &order.planted {
        Some((program, planted)) => (
            program.clone(),
            [common, &own, &["--mistake", planted.mistake]].concat(),
        ),
        None => (
            order.program.clone(),
            [&["worker", "--laboratory"], common, &own].concat(),
        ),
    };
    WorkerProgram {
        program,
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        lease: order.size.lease,
        logs: logs.clone(),
    }
}
