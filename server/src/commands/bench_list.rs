//! How long the operations list takes over many runs.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use domain::views::{Live, OperationsQuery};
use serde_json::json;

use super::bench_target::Target;
use crate::cli::BenchTarget;

const REQUESTS: usize = 200;

/// Measures the list's service call: its queries, its rows, its counts, its version.
pub(crate) async fn measure(args: BenchTarget) -> anyhow::Result<()> {
    let target = Target::open(&args).await?;
    let services = &target.services;
    let bulk = services.make_bulk(1, 50).await?;
    services.fill_history(&bulk, args.count).await?;
    println!(
        "bench list on {}: {} runs in one workspace, 50 tenants, {REQUESTS} requests one after the other",
        target.dialect, args.count
    );
    println!(
        "  measured around the use case: access, page of 50, four capped counts, version; without rendering"
    );
    let cases = [
        ("default", OperationsQuery::default()),
        (
            "blocked",
            OperationsQuery {
                state: "blocked".to_owned(),
                ..Default::default()
            },
        ),
        (
            "one type",
            OperationsQuery {
                operation: "inventory.sync".to_owned(),
                ..Default::default()
            },
        ),
        (
            "mine",
            OperationsQuery {
                initiator: "mine".to_owned(),
                ..Default::default()
            },
        ),
    ];
    let mut figures = Vec::new();
    for (name, query) in cases {
        let mut version = None;
        let (mut first, mut polls) = (Vec::new(), Vec::new());
        for _ in 0..REQUESTS {
            let at = Instant::now();
            let page = services
                .operations_page(&bulk.owner, &query, None)
                .await
                .context("the list")?;
            first.push(at.elapsed());
            if let Live::Changed(page) = page {
                version = Some(page.version);
            }
            let at = Instant::now();
            services
                .operations_page(&bulk.owner, &query, version.as_deref())
                .await
                .context("the poll")?;
            polls.push(at.elapsed());
        }
        let (page, poll) = (p95(&mut first), p95(&mut polls));
        println!("  {name:<10} page p95 {page:>7.2} ms   unchanged poll p95 {poll:>7.2} ms");
        figures.push(json!({ "case": name, "page_p95_ms": page, "poll_p95_ms": poll }));
    }
    if args.json {
        println!(
            "{}",
            json!({ "bench": "list", "database": target.dialect, "runs": args.count, "cases": figures })
        );
    }
    Ok(())
}

fn p95(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    let index = times.len() * 95 / 100;
    times.get(index).copied().unwrap_or_default().as_secs_f64() * 1000.0
}
