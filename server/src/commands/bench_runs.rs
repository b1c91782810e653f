//! Gated, durable, audited runs per second, with a handler that does nothing.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::{ids::WorkerId, summary::SummaryCounts};
use serde_json::json;
use store::{RunEnd, Store, WorkedOutcome};
use uuid::Uuid;

use super::{bench_statements::StatementTimes, bench_target::Target};
use crate::cli::BenchRuns;

/// Where one loop spent its time.
#[derive(Default)]
struct Spent {
    runs: usize,
    starting: Duration,
    ending: Duration,
}

/// Measures claim loops: claim, decide, start a batch, then end it.
pub(crate) async fn measure(args: BenchRuns, times: StatementTimes) -> anyhow::Result<()> {
    let target = Target::open(&args.target).await?;
    let services = &target.services;
    let bulk = services.make_bulk(4, 50).await?;
    services.fill_queue(&bulk, args.target.count).await?;
    let store = services.store();
    times.reset();
    let begun = Instant::now();
    let loops: Vec<_> = (0..args.loops.max(1))
        .map(|_| tokio::spawn(work(store.clone(), args.batch)))
        .collect();
    let mut spent = Spent::default();
    for one in loops {
        let one = one.await.context("a loop broke off")??;
        spent.runs += one.runs;
        spent.starting += one.starting;
        spent.ending += one.ending;
    }
    let seconds = begun.elapsed().as_secs_f64();
    report(&args, target.dialect, &spent, seconds, &times);
    Ok(())
}

async fn work(store: Store, batch: i64) -> anyhow::Result<Spent> {
    let worker = WorkerId::from_uuid(Uuid::now_v7());
    let end = RunEnd {
        outcome: WorkedOutcome::Succeeded,
        counts: SummaryCounts::default(),
        failures: Vec::new(),
    };
    let mut spent = Spent::default();
    loop {
        let at = Instant::now();
        let started = store
            .runs_start(worker, batch)
            .await
            .context("starting a batch")?;
        spent.starting += at.elapsed();
        if started.running.is_empty() && started.refused.is_empty() {
            return Ok(spent);
        }
        let at = Instant::now();
        let ends: Vec<_> = started.running.iter().map(|run| (run, &end)).collect();
        store.runs_finish(&ends).await.context("ending a batch")?;
        spent.ending += at.elapsed();
        spent.runs += started.running.len();
    }
}

fn report(args: &BenchRuns, dialect: &str, spent: &Spent, seconds: f64, times: &StatementTimes) {
    let runs = spent.runs;
    let per_second = |time: f64| if time > 0.0 { runs as f64 / time } else { 0.0 };
    let loops = args.loops.max(1) as f64;
    let starts = per_second(spent.starting.as_secs_f64() / loops);
    let ends = per_second(spent.ending.as_secs_f64() / loops);
    println!(
        "bench runs on {dialect}: {runs} runs, 50 tenants, 4 workspaces, actor-bound, enqueued before the clock starts"
    );
    println!(
        "  {} loops; each transaction starts (claim, facts, decision, start, audit) or ends up to {} runs; clock from the first claim to the last commit",
        args.loops.max(1),
        args.batch
    );
    println!("  completions  {:>8.0} /s", per_second(seconds));
    println!("  gated starts {starts:>8.0} /s while starting");
    println!("  ends         {ends:>8.0} /s while ending");
    let gate = times.share(seconds * loops, |name| {
        name.starts_with("facts_") || name == "run_decisions_record"
    });
    if args.statements {
        println!(
            "  the gate (facts read, decisions written): {:.0} % of a run's time",
            gate * 100.0
        );
        for (name, count, micros) in times.slowest() {
            println!(
                "  {name:<32} {count:>7} times {:>8.1} ms {:>7.1} us a run",
                micros as f64 / 1000.0,
                micros as f64 / runs.max(1) as f64
            );
        }
    }
    if args.target.json {
        println!(
            "{}",
            json!({
                "bench": "runs", "database": dialect, "runs": runs, "loops": args.loops.max(1), "batch": args.batch,
                "completions_per_s": per_second(seconds),
                "gated_starts_per_s": starts,
                "ends_per_s": ends,
                "gate_share": args.statements.then_some(gate),
            })
        );
    }
}
