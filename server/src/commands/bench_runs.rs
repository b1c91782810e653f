//! Gated, durable, audited runs per second, with a handler that does nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use domain::operation::OperationType;
use graph::{Endpoints, NullGraphClient};
use operations::{Bulk, Pool, PoolSettings, Services};
use serde_json::{Value, json};

use super::{
    bench_crowd, bench_paced,
    bench_statements::StatementTimes,
    bench_target::{Target, resident_mb},
};
use crate::cli::BenchRuns;

/// The pool of a worker process, with a provider that refuses at once.
pub(crate) fn pool(services: &Services, workers: usize) -> Pool {
    let settings = PoolSettings {
        workers: workers.max(1),
        poll: PoolSettings::POLL,
        grace: Duration::from_secs(30),
    };
    let client = Arc::new(NullGraphClient::new());
    Pool::new(services, client, Endpoints::global(), settings)
}

/// What emptying the queue once took.
struct Drained {
    runs: usize,
    seconds: f64,
    gate: f64,
    commits: f64,
    log_bytes: Option<f64>,
}

impl Drained {
    fn per_second(&self) -> f64 {
        self.runs as f64 / self.seconds.max(f64::EPSILON)
    }
}

/// Measures a worker process that empties a queue, and then one that is pressed at a steady rate.
pub(crate) async fn measure(args: BenchRuns, times: StatementTimes) -> anyhow::Result<()> {
    let target = Target::open(&args.target).await?;
    let services = &target.services;
    let bulk = services.make_bulk(4, 50).await?;
    let first = drain(services, &bulk, &args, &times).await?;
    tell(&args, target.dialect, &first);
    if args.statements {
        tell_statements(&times, first.runs);
    }
    let mut found = fields(&args, target.dialect, &first);
    if args.rate > 0 {
        let paced = bench_paced::press(services, args.rate, args.seconds, args.workers).await?;
        put(&mut found, "press_to_running", paced.tell());
    }
    if args.crowd > 0 {
        let beside = bench_crowd::press(services, args.crowd, args.workers).await?;
        put(&mut found, "press_beside_a_crowd", beside.tell());
    }
    if args.history > 0 {
        services.fill_history(&bulk, args.history).await?;
        let later = drain(services, &bulk, &args, &times).await?;
        let ratio = later.per_second() / first.per_second().max(f64::EPSILON);
        println!(
            "  with {} more runs in the ledger: {:.0} /s, {ratio:.2} of the above",
            args.history,
            later.per_second()
        );
        put(
            &mut found,
            "after_history",
            json!({
                "runs_over": args.history, "completions_per_s": later.per_second(), "ratio": ratio,
            }),
        );
    }
    if let Some(dead) = services.store().counters().await?.dead_rows {
        println!("  {dead} dead rows at the end");
        put(&mut found, "dead_rows", dead.into());
    }
    if let Some(memory) = resident_mb() {
        println!("  {memory:.0} MB resident at the end");
        put(&mut found, "resident_mb", memory.into());
    }
    if args.target.json {
        println!("{found}");
    }
    Ok(())
}

/// Fills the queue, and then measures the pool of one worker process until it is empty.
async fn drain(
    services: &Services,
    bulk: &Bulk,
    args: &BenchRuns,
    times: &StatementTimes,
) -> anyhow::Result<Drained> {
    let store = services.store();
    let noop = OperationType::LabNoop;
    let (runs, done) = (args.target.count, store.runs_succeeded(noop).await?);
    services.fill_queue(bulk, noop, runs).await?;
    let pool = pool(services, args.workers);
    times.reset();
    let before = store.counters().await?;
    let begun = Instant::now();
    pool.drain().await.context("emptying the queue")?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = store.counters().await?;
    let ended = store.runs_succeeded(noop).await? - done;
    ensure!(
        usize::try_from(ended)? == runs,
        "{ended} of {runs} runs succeeded"
    );
    let a_run = |before: Option<i64>, after: Option<i64>| {
        Some((after? - before?) as f64 / runs.max(1) as f64)
    };
    Ok(Drained {
        runs,
        seconds,
        gate: times.gate_share(),
        commits: times.count_of("commit") as f64 / runs.max(1) as f64,
        log_bytes: a_run(before.log_bytes, after.log_bytes),
    })
}

fn tell(args: &BenchRuns, dialect: &str, drained: &Drained) {
    println!(
        "bench runs on {dialect}: {} runs, 50 tenants, 4 workspaces, actor-bound, enqueued before the clock starts",
        drained.runs
    );
    println!(
        "  the pool of one worker process, {} runs at once; clock from the first claim to the last commit",
        args.workers
    );
    println!("  completions  {:>8.0} /s", drained.per_second());
    println!(
        "  the gate (facts read, decisions written): {:.0} % of the claims' transactions",
        drained.gate * 100.0
    );
    println!("  {:.4} commits a run", drained.commits);
    if let Some(bytes) = drained.log_bytes {
        println!("  {bytes:.0} bytes written ahead a run");
    }
}

fn tell_statements(times: &StatementTimes, runs: usize) {
    for (name, count, micros) in times.slowest() {
        println!(
            "  {name:<32} {count:>7} times {:>8.1} ms {:>7.1} us a run",
            micros as f64 / 1000.0,
            micros as f64 / runs.max(1) as f64
        );
    }
}

fn fields(args: &BenchRuns, dialect: &str, drained: &Drained) -> Value {
    let mut found = json!({
        "bench": "runs", "database": dialect, "runs": drained.runs, "workers": args.workers,
        "completions_per_s": drained.per_second(),
        "gate_share": drained.gate,
        "commits_per_run": drained.commits,
        "log_bytes_per_run": drained.log_bytes,
    });
    if drained.log_bytes.is_none() {
        let why = format!("{dialect} keeps no count of what it has written ahead");
        put(&mut found, "log_bytes_per_run_is_null", why.into());
    }
    found
}

fn put(found: &mut Value, name: &str, value: Value) {
    if let Some(fields) = found.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
