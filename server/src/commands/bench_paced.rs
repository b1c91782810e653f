//! From a press of start to `running`, at a steady rate.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use domain::{
    ids::{RunId, TenantId},
    operation::OperationType,
    views::StartResult,
};
use operations::{Begun, Bulk, Services};
use serde_json::{Value, json};
use store::{Store, StoreError};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        watch,
    },
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};

use super::{bench_runs::pool, bench_target::at};

/// Over how many tenants presses are spread; a tenant's next press finds the last one's run over.
const TENANTS: usize = 400;

/// A press of start: when, and the run it led to.
pub(super) type Press = (Instant, RunId);

/// What presses at a steady rate led to.
pub(crate) struct Paced {
    presses: usize,
    per_second: u32,
    times: Vec<Duration>,
}

/// Presses start at a steady rate while the pool of a worker process works, and looks when each run started.
pub(crate) async fn press(
    services: &Services,
    per_second: u32,
    seconds: u32,
    workers: usize,
) -> anyhow::Result<Paced> {
    let bulk = Arc::new(services.make_bulk(1, TENANTS).await?);
    let (stop, stopped) = watch::channel(false);
    let (begun, beginnings) = unbounded_channel();
    let working = pool(services, workers).telling(begun);
    let working = tokio::spawn(working.run(stopped));
    let presses = per_second as usize * seconds as usize;
    let pressed = press_all(services, &bulk, presses, per_second).await;
    wait_for_the_last(services.store()).await?;
    stop.send(true)?;
    working.await?;
    Ok(Paced {
        presses,
        per_second,
        times: times_of(&pressed, beginnings).await,
    })
}

async fn press_all(
    services: &Services,
    bulk: &Arc<Bulk>,
    presses: usize,
    per_second: u32,
) -> Vec<Option<Press>> {
    let mut tick = interval(Duration::from_secs(1) / per_second.max(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut pressing, mut pressed) = (JoinSet::new(), Vec::with_capacity(presses));
    for tenant in bulk.tenant_ids().cycle().take(presses) {
        tick.tick().await;
        let (services, bulk) = (services.clone(), Arc::clone(bulk));
        pressing.spawn(async move { press_one(&services, &bulk, tenant).await });
        // A press that is over takes some KB until it is asked for, and memory is measured, too.
        while let Some(over) = pressing.try_join_next() {
            pressed.push(over.ok().flatten());
        }
    }
    while let Some(over) = pressing.join_next().await {
        pressed.push(over.ok().flatten());
    }
    pressed
}

/// Presses start in one tenant; nothing when that did not lead to a run of its own.
pub(super) async fn press_one(services: &Services, bulk: &Bulk, tenant: TenantId) -> Option<Press> {
    let pressed = Instant::now();
    let noop = OperationType::LabNoop.as_str();
    let answer = services
        .start(&bulk.owner, &tenant.to_string(), noop)
        .await
        .ok()?;
    (answer.result == StartResult::Accepted).then_some((pressed, answer.run_id))
}

pub(super) async fn wait_for_the_last(store: &Store) -> anyhow::Result<()> {
    let waiting = async {
        while store.runs_waiting().await? {
            sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, StoreError>(())
    };
    timeout(Duration::from_secs(60), waiting)
        .await
        .context("waiting for the last runs")?
        .context("looking for waiting runs")
}

/// How long each press took until its run was begun; the pool has ended.
pub(super) async fn times_of(
    pressed: &[Option<Press>],
    mut beginnings: UnboundedReceiver<Begun>,
) -> Vec<Duration> {
    let mut begun = HashMap::new();
    while let Some((run, at)) = beginnings.recv().await {
        begun.entry(run).or_insert(at);
    }
    let times = pressed.iter().flatten();
    let times = times.filter_map(|(at, run)| Some(begun.get(run)?.duration_since(*at)));
    times.collect()
}

impl Paced {
    /// Tells it in words, and as the fields of a JSON object.
    pub(crate) fn tell(mut self) -> Value {
        let [p50, p95, p99] = [50, 95, 99].map(|percent| at(&mut self.times, percent));
        println!(
            "  press to running at {} a second: p50 {p50:.1} ms, p95 {p95:.1} ms, p99 {p99:.1} ms; {} presses, {} became runs of their own",
            self.per_second,
            self.presses,
            self.times.len()
        );
        println!(
            "    over {TENANTS} tenants; clock from before the use case is called until the worker has the committed start and begins the work"
        );
        json!({
            "per_second": self.per_second, "presses": self.presses, "started": self.times.len(),
            "p50_ms": p50, "p95_ms": p95, "p99_ms": p99,
        })
    }
}
