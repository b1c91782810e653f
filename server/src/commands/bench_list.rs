//! The operations list over many runs, through HTTP.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use domain::views::{Live, OperationsQuery};
use operations::{Bulk, Services};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};
use uuid::Uuid;

use super::{
    bench_caller::Caller,
    bench_target::{Target, median, p95, resident_mb},
};
use crate::{
    cli::BenchList,
    http::{Site, router},
};

/// Between two polls of a viewer, as while something is under way.
const PACE: Duration = Duration::from_secs(2);
/// How long the viewers poll before memory is read.
const WATCHED: Duration = Duration::from_secs(10);

/// Name, path and query of each page that is asked for.
const PAGES: [(&str, &str, &str); 8] = [
    ("default", "", ""),
    ("blocked", "state", "blocked"),
    ("indeterminate", "state", "indeterminate"),
    ("active", "state", "active"),
    ("one type", "operation", "inventory.sync"),
    ("mine", "initiator", "mine"),
    ("24 hours", "since", "24h"),
    ("oldest", "sort", "oldest"),
];

/// Measures pages and polls of one person, then memory under many viewers, then a start on what is there.
pub(crate) async fn measure(args: BenchList) -> anyhow::Result<()> {
    let target = Target::open(&args.target).await?;
    let services = &target.services;
    let bulk = services.make_bulk(1, args.tenants).await?;
    let begun = Instant::now();
    services.fill_history(&bulk, args.target.count).await?;
    let filled = begun.elapsed().as_secs_f64();
    let host = serve(services.clone()).await?;
    println!(
        "bench list on {}: {} runs in one workspace, {} tenants, all seen by the person (filled in {filled:.0} s)",
        target.dialect, args.target.count, args.tenants
    );
    println!(
        "  {} requests each, one after the other on one connection over loopback, signed in; client and server in one process",
        args.requests
    );
    let idle = resident_mb();
    let mut figures = Vec::new();
    for (name, key, value) in PAGES {
        figures.push(page(&args, services, &bulk, host, (name, key, value)).await?);
    }
    let watched = match args.viewers {
        0 => None,
        viewers => watch(services, &bulk, host, viewers).await?,
    };
    let begun = Instant::now();
    let again = target.open_again().await?;
    let opened = begun.elapsed().as_secs_f64() * 1000.0;
    again.store().close().await;
    println!("  opening the database again: {opened:.0} ms");
    println!(
        "  resident memory before the requests: {:.0} MB",
        idle.unwrap_or(0.0)
    );
    if let Some(watched) = watched {
        println!(
            "  resident memory with {} viewers polling every {} s: {watched:.0} MB",
            args.viewers,
            PACE.as_secs()
        );
    }
    if args.target.json {
        println!(
            "{}",
            json!({
                "bench": "list", "database": target.dialect, "runs": args.target.count, "tenants": args.tenants,
                "pages": figures, "open_again_ms": opened, "resident_mb": idle,
                "viewers": args.viewers, "resident_watched_mb": watched,
            })
        );
    }
    Ok(())
}

async fn serve(services: Services) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = listener.local_addr()?;
    let app =
        router(services, Site::find()?, None)?.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(host)
}

async fn signed_in(services: &Services, bulk: &Bulk, host: SocketAddr) -> anyhow::Result<Caller> {
    let token = Uuid::now_v7().simple().to_string();
    let person = bulk.owner.user_id();
    services.store().session_create(person, &token).await?;
    Caller::connect(host, &token).await
}

async fn page(
    args: &BenchList,
    services: &Services,
    bulk: &Bulk,
    host: SocketAddr,
    (name, key, value): (&str, &str, &str),
) -> anyhow::Result<serde_json::Value> {
    let path = format!("/admin/operations?{key}={value}");
    let query = query_of(key, value);
    let shown = services.operations_page(&bulk.owner, &query, None).await;
    let Live::Changed(shown) = shown.context("the list")? else {
        anyhow::bail!("nothing was shown before");
    };
    let poll = json!({ "query": query, "version": shown.version }).to_string();
    let mut caller = signed_in(services, bulk, host).await?;
    let (mut pages, mut polls, mut used, mut cheap) = (vec![], vec![], vec![], vec![]);
    let (mut page_bytes, mut poll_bytes) = (0, 0);
    for _ in 0..args.requests {
        let answer = caller.get(&path).await.context("the page")?;
        page_bytes = answer.body.len();
        pages.push(answer.first_byte);
        let answer = caller
            .call("/api/operations/page", &poll)
            .await
            .context("the poll")?;
        poll_bytes = answer.body.len();
        polls.push(answer.first_byte);
        let begun = Instant::now();
        services
            .operations_page(&bulk.owner, &query, None)
            .await
            .context("the list")?;
        used.push(begun.elapsed());
        let begun = Instant::now();
        services
            .operations_page(&bulk.owner, &query, Some(&shown.version))
            .await
            .context("the poll")?;
        cheap.push(begun.elapsed());
    }
    let figures = [
        (median(&mut pages), p95(&mut pages)),
        (median(&mut used), p95(&mut used)),
        (median(&mut polls), p95(&mut polls)),
        (median(&mut cheap), p95(&mut cheap)),
    ];
    let [page, view, poll, compare] = figures;
    println!(
        "  {name:<14} page {:>6.2} / {:>6.2} ms ({page_bytes} bytes), of it the view {:>6.2} / {:>6.2}; unchanged poll {:>5.2} / {:>5.2} ms ({poll_bytes} bytes), of it the comparison {:>5.2} / {:>5.2} (median / p95)",
        page.0, page.1, view.0, view.1, poll.0, poll.1, compare.0, compare.1
    );
    Ok(json!({
        "page": name, "page_ms": page, "page_bytes": page_bytes, "view_ms": view,
        "poll_ms": poll, "poll_bytes": poll_bytes, "comparison_ms": compare,
    }))
}

fn query_of(key: &str, value: &str) -> OperationsQuery {
    let mut query = OperationsQuery::default();
    let field = match key {
        "state" => &mut query.state,
        "operation" => &mut query.operation,
        "initiator" => &mut query.initiator,
        "since" => &mut query.since,
        "sort" => &mut query.sort,
        _ => return query,
    };
    value.clone_into(field);
    query
}

/// Memory while many viewers keep the list open, each with a session and a connection of its own.
async fn watch(
    services: &Services,
    bulk: &Bulk,
    host: SocketAddr,
    viewers: usize,
) -> anyhow::Result<Option<f64>> {
    let query = OperationsQuery::default();
    let shown = services.operations_page(&bulk.owner, &query, None).await;
    let Live::Changed(shown) = shown.context("the list")? else {
        anyhow::bail!("nothing was shown before");
    };
    let body = json!({ "query": query, "version": shown.version }).to_string();
    let mut open = JoinSet::new();
    for _ in 0..viewers {
        let mut caller = signed_in(services, bulk, host).await?;
        let body = body.clone();
        open.spawn(async move {
            loop {
                if caller.call("/api/operations/page", &body).await.is_err() {
                    return;
                }
                tokio::time::sleep(PACE).await;
            }
        });
    }
    tokio::time::sleep(WATCHED).await;
    let memory = resident_mb();
    open.shutdown().await;
    Ok(memory)
}
