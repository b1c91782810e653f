//! Reading whole tenants from the sandbox, which runs as a process of its own.

mod sandbox;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use domain::operation::OperationType;
use graph::{ClientSettings, HttpGraphClient, PageSize, contract};
use operations::{Bulk, Pool, PoolSettings, Services};
use serde_json::json;
use tokio::{sync::watch, time::sleep};

use self::sandbox::SandboxProcess;
use super::bench_target::{Target, median, peak_mb, reset_peak, resident_mb};
use crate::cli::{BenchGraph, BenchTarget};

/// Tenants that the sandbox makes large.
const LARGE: usize = 2;
/// Tenants that are read at once.
const MANY: usize = 50;
/// How many objects the sandbox puts on a page where the contract asks for no number.
const SANDBOX_PAGE: i64 = 100;
const SYNC: OperationType = OperationType::InventorySync;

/// Measures one large tenant, and then many at once while one of them is throttled.
pub(crate) async fn measure(args: BenchGraph) -> anyhow::Result<()> {
    let target = Target::open(&BenchTarget {
        database_url: args.database_url.clone(),
        count: 0,
        json: args.json,
    })
    .await?;
    let sandbox = SandboxProcess::start(LARGE + MANY, args.seed)?;
    let services = &target.services;
    let large = services.make_connected(&sandbox.directories(0..1)).await?;
    println!(
        "bench graph on {}: the sandbox in a process of its own, over loopback, not throttled",
        target.dialect
    );
    let one = one_tenant(services, &sandbox, &large).await?;
    one.tell();
    let many = services
        .make_connected(&sandbox.directories(LARGE..LARGE + MANY))
        .await?;
    let crowd = many_tenants(services, &sandbox, &many, args.rounds).await?;
    crowd.tell(args.rounds);
    if args.json {
        println!(
            "{}",
            json!({ "one_tenant": one.json(), "many_tenants": crowd.json() })
        );
    }
    Ok(())
}

fn pool(services: &Services, sandbox: &SandboxProcess, workers: usize) -> anyhow::Result<Pool> {
    let endpoints = sandbox.endpoints()?;
    let client = HttpGraphClient::new(ClientSettings::of(&endpoints))?;
    let settings = PoolSettings {
        workers,
        poll: Duration::from_millis(50),
        grace: Duration::from_secs(30),
    };
    Ok(Pool::new(services, Arc::new(client), endpoints, settings))
}

/// What reading one large tenant took.
struct OneTenant {
    objects: i64,
    seconds: f64,
    requests: u64,
    pages: u64,
    idle_mb: Option<f64>,
    peak_mb: Option<f64>,
}

async fn one_tenant(
    services: &Services,
    sandbox: &SandboxProcess,
    bulk: &Bulk,
) -> anyhow::Result<OneTenant> {
    let before = services.store().runs_succeeded(SYNC).await?;
    let pool = pool(services, sandbox, 4)?;
    let journal = sandbox.requests()?;
    reset_peak();
    let idle_mb = resident_mb();
    services.fill_queue(bulk, SYNC, 1).await?;
    let begun = Instant::now();
    pool.drain().await.context("reading the tenant")?;
    let seconds = begun.elapsed().as_secs_f64();
    let peak_mb = peak_mb();
    let done = services.store().runs_succeeded(SYNC).await? - before;
    ensure!(done == 1, "the sync did not succeed");
    let requests = sandbox.requests()? - journal;
    let counts = services.inventory_sizes(bulk).await?;
    let pages = |(kind, count): &(String, i64)| {
        let size = match contract(kind).and_then(|contract| contract.page_size.known()) {
            Some(PageSize::Top(top)) => i64::from(top),
            _ => SANDBOX_PAGE,
        };
        u64::try_from(count.div_euclid(size) + i64::from(count % size > 0))
            .unwrap_or(0)
            .max(1)
    };
    Ok(OneTenant {
        objects: counts.iter().map(|(_, count)| count).sum(),
        seconds,
        requests,
        // An empty collection has one too.
        pages: counts.iter().map(pages).sum(),
        idle_mb,
        peak_mb,
    })
}

impl OneTenant {
    fn above_idle(&self) -> Option<f64> {
        Some(self.peak_mb? - self.idle_mb?)
    }

    fn tell(&self) {
        println!(
            "  one tenant   {:>8.2} s for {} objects (bar: 10 s)",
            self.seconds, self.objects
        );
        println!(
            "  requests     {:>8} for a sign-in and {} pages: small kinds' first pages come together",
            self.requests, self.pages
        );
        if let Some(above) = self.above_idle() {
            println!("  memory       {above:>8.1} MB above idle at its highest (bar: 64 MB)");
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "objects": self.objects, "seconds": self.seconds, "requests": self.requests,
            "pages": self.pages, "idle_mb": self.idle_mb, "above_idle_mb": self.above_idle(),
        })
    }
}

/// What reading many tenants at once took, alone and beside one that is throttled.
struct ManyTenants {
    alone_ms: f64,
    beside_ms: f64,
}

async fn many_tenants(
    services: &Services,
    sandbox: &SandboxProcess,
    bulk: &Bulk,
    rounds: usize,
) -> anyhow::Result<ManyTenants> {
    let (stop, stopped) = watch::channel(false);
    let pool = tokio::spawn(pool(services, sandbox, MANY)?.run(stopped));
    // The first round is not counted: it signs in, and fills what is empty.
    others_done(services, bulk, MANY).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    // In turns, so that what else the machine does falls on both.
    for _ in 0..rounds.max(1) {
        alone.push(others_done(services, bulk, MANY - 1).await?);
        all_done(services).await?;
        sandbox.throttle(LARGE)?;
        beside.push(others_done(services, bulk, MANY - 1).await?);
        sandbox.calm()?;
        all_done(services).await?;
    }
    stop.send_replace(true);
    pool.await.context("stopping the workers")?;
    Ok(ManyTenants {
        alone_ms: median(&mut alone),
        beside_ms: median(&mut beside),
    })
}

/// Asks for a sync of every tenant, and tells how long it is until so many have succeeded.
async fn others_done(services: &Services, bulk: &Bulk, count: usize) -> anyhow::Result<Duration> {
    let store = services.store();
    let before = store.runs_succeeded(SYNC).await?;
    let begun = Instant::now();
    services.fill_queue(bulk, SYNC, MANY).await?;
    let wanted = before + i64::try_from(count)?;
    while store.runs_succeeded(SYNC).await? < wanted {
        ensure!(
            begun.elapsed() < Duration::from_secs(300),
            "syncs do not succeed"
        );
        sleep(Duration::from_millis(10)).await;
    }
    Ok(begun.elapsed())
}

/// Waits until nothing is queued or running.
async fn all_done(services: &Services) -> anyhow::Result<()> {
    let begun = Instant::now();
    while services.store().runs_unfinished(SYNC).await? > 0 {
        ensure!(
            begun.elapsed() < Duration::from_secs(300),
            "syncs do not end"
        );
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

impl ManyTenants {
    fn lost_percent(&self) -> f64 {
        (self.beside_ms / self.alone_ms.max(f64::EPSILON) - 1.0) * 100.0
    }

    fn tell(&self, rounds: usize) {
        println!(
            "  {MANY} tenants   {:>8.2} s until {} are read; {:.2} s beside one that is throttled: {:+.1} % (bar: 5 %)",
            self.alone_ms / 1000.0,
            MANY - 1,
            self.beside_ms / 1000.0,
            self.lost_percent()
        );
        println!("  medians of {rounds} rounds each, in turns; {MANY} runs at once in one process");
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "tenants": MANY, "alone_ms": self.alone_ms, "beside_throttled_ms": self.beside_ms,
            "lost_percent": self.lost_percent(),
        })
    }
}
