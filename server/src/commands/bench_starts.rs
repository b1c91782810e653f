//! From a press of start to `running`, at a steady rate.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use domain::{operation::OperationType, views::StartResult};
use graph::{Endpoints, NullGraphClient};
use operations::{Pool, PoolSettings};
use serde_json::json;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::bench_target::{Target, median, p95};
use crate::cli::BenchStarts;

/// Measures the use case behind the button, and the real pool with a provider that refuses at once.
pub(crate) async fn measure(args: BenchStarts) -> anyhow::Result<()> {
    let target = Target::open(&args.target).await?;
    let services = &target.services;
    let bulk = services.make_bulk(1, 200).await?;
    let (stop, stopped) = watch::channel(false);
    let settings = PoolSettings {
        workers: args.workers.max(1),
        poll: Duration::from_millis(250),
        grace: Duration::from_secs(30),
    };
    let client = Arc::new(NullGraphClient::new());
    let pool = Pool::new(services, client, Endpoints::global(), settings);
    let pool = tokio::spawn(pool.run(stopped));
    let mut tick = interval(Duration::from_secs(1) / args.rate.max(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut presses = JoinSet::new();
    for tenant in bulk.tenant_ids().cycle().take(args.target.count) {
        tick.tick().await;
        let (services, owner) = (services.clone(), bulk.owner.clone());
        presses.spawn(async move {
            let pressed = services.store().now().await.ok()?;
            let sync = OperationType::InventorySync.as_str();
            let answer = services
                .start(&owner, &tenant.to_string(), sync)
                .await
                .ok()?;
            (answer.result == StartResult::Accepted).then_some((pressed, answer.run_id))
        });
    }
    let pressed = presses.join_all().await;
    let store = services.store();
    let waiting = async {
        while store.runs_waiting().await? {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, store::StoreError>(())
    };
    timeout(Duration::from_secs(60), waiting)
        .await
        .context("waiting for the last runs")??;
    stop.send(true)?;
    pool.await?;
    let mut times = Vec::new();
    for (at, run) in pressed.iter().flatten() {
        let access = store.run(&bulk.owner, *run).await?;
        if let Some(started) = access.run().started_at {
            let micros = u64::try_from(started.since(*at)).unwrap_or(0);
            times.push(Duration::from_micros(micros));
        }
    }
    let (middle, late) = (median(&mut times), p95(&mut times));
    println!(
        "bench starts on {}: {} presses, {} a second, 200 tenants, {} workers; {} became runs of their own and started",
        target.dialect,
        pressed.len(),
        args.rate,
        args.workers,
        times.len()
    );
    println!(
        "  clock from before the use case is called to the moment of the start, both by the database's clock"
    );
    println!("  press to running: median {middle:.2} ms, p95 {late:.2} ms");
    if args.target.json {
        println!(
            "{}",
            json!({
                "bench": "starts", "database": target.dialect, "presses": pressed.len(), "per_second": args.rate,
                "started": times.len(), "median_ms": middle, "p95_ms": late,
            })
        );
    }
    Ok(())
}
