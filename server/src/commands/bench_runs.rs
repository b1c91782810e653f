//! Gated, durable, audited runs per second, with a handler that does nothing.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::{ids::WorkerId, summary::SummaryCounts};
use serde_json::json;
use store::RunEnd;
use uuid::Uuid;

use super::bench_target::Target;
use crate::cli::BenchTarget;

const BATCH: i64 = 200;

/// Measures one claim loop: claim, decide, start, then end each run.
pub(crate) async fn measure(args: BenchTarget) -> anyhow::Result<()> {
    let target = Target::open(&args).await?;
    let services = &target.services;
    let bulk = services.make_bulk(4, 50).await?;
    services.fill_queue(&bulk, args.count).await?;
    let store = services.store();
    let worker = WorkerId::from_uuid(Uuid::now_v7());
    let begun = Instant::now();
    let (mut runs, mut starting, mut ending) = (0_usize, Duration::ZERO, Duration::ZERO);
    loop {
        let at = Instant::now();
        let started = store
            .runs_start(worker, BATCH)
            .await
            .context("starting a batch")?;
        starting += at.elapsed();
        if started.running.is_empty() && started.refused.is_empty() {
            break;
        }
        let at = Instant::now();
        for running in &started.running {
            let end = RunEnd {
                outcome: store::WorkedOutcome::Succeeded,
                counts: SummaryCounts::default(),
                failures: Vec::new(),
            };
            store
                .run_finish(running, &end)
                .await
                .context("ending a run")?;
        }
        ending += at.elapsed();
        runs += started.running.len();
    }
    let seconds = begun.elapsed().as_secs_f64();
    let per_second = |time: f64| if time > 0.0 { runs as f64 / time } else { 0.0 };
    println!(
        "bench runs on {}: {runs} runs, 50 tenants, 4 workspaces, actor-bound, enqueued before the clock starts",
        target.dialect
    );
    println!(
        "  one loop, batches of {BATCH}: claim, facts, decision, start, audit in one transaction; each end a transaction of its own"
    );
    println!("  completions  {:>8.0} /s", per_second(seconds));
    println!(
        "  gated starts {:>8.0} /s",
        per_second(starting.as_secs_f64())
    );
    println!(
        "  ends         {:>8.0} /s",
        per_second(ending.as_secs_f64())
    );
    if args.json {
        println!(
            "{}",
            json!({
                "bench": "runs", "database": target.dialect, "runs": runs,
                "completions_per_s": per_second(seconds),
                "gated_starts_per_s": per_second(starting.as_secs_f64()),
                "ends_per_s": per_second(ending.as_secs_f64()),
            })
        );
    }
    Ok(())
}
