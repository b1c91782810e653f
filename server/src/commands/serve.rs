//! `serve`, `web` and `worker`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use domain::ids::RequestId;
use graph::{ClientSettings, Endpoints, HttpGraphClient};
use operations::{Pool, PoolSettings, Services};
use store::{OpenError, QueueSettings};
use tokio::{net::TcpListener, sync::watch};
use uuid::Uuid;

use crate::{
    cli::{Database, Serve, Worker},
    data_dir::{self, DataDir},
    http::{LateRouter, Site, router},
    process::stop_signal,
};

/// Pages and workers in one process.
pub(crate) async fn serve(args: Serve) -> anyhow::Result<()> {
    let workers = args.workers;
    run(args, workers).await
}

/// Pages alone.
pub(crate) async fn web(args: Serve) -> anyhow::Result<()> {
    run(args, 0).await
}

async fn run(args: Serve, workers: usize) -> anyhow::Result<()> {
    refuse_open_bind(args.listen, args.public_url.as_deref())?;
    let listener = listen(args.listen).await?;
    let base = match &args.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", listener.local_addr()?),
    };
    println!("TenantAtlas listens on {base}");
    let stop = stop_signal();
    let late = LateRouter::default();
    let pages = tokio::spawn(serve_router(listener, late.router(), stop.clone()));
    let Some((dir, services)) = open_patiently(&args.database, stop.clone()).await? else {
        return pages.await.context("serving pages")?;
    };
    say_how_to_set_up(&services, &base).await;
    late.open(router(
        services.clone(),
        Site::find()?,
        args.public_url.as_deref(),
    )?);
    let pool = start_pool(
        &services,
        dir.endpoints()?,
        workers,
        args.queue.settings(),
        stop,
    )?;
    pages.await.context("serving pages")??;
    pool.await.context("waiting for the workers")
}

/// Opens the installation; waits for a database server that cannot be reached yet.
async fn open_patiently(
    database: &Database,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Option<(DataDir, Services)>> {
    loop {
        let error = match data_dir::open(database).await {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => error,
        };
        let unreachable = matches!(
            error.downcast_ref::<OpenError>(),
            Some(OpenError::Unreachable(_)) if database.is_server()
        );
        if !unreachable {
            return Err(error);
        }
        tracing::warn!("{error:#}; trying again every second");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stop.wait_for(|stopped| *stopped) => return Ok(None),
        }
    }
}

async fn say_how_to_set_up(services: &Services, base: &str) {
    if let Ok(Some(token)) = services
        .setup_token(RequestId::from_uuid(Uuid::now_v7()))
        .await
    {
        eprintln!("Nobody can sign in yet. Set up this installation within 30 minutes:");
        eprintln!("  {base}/setup/{token}");
    }
}

/// Workers alone.
pub(crate) async fn worker(args: Worker) -> anyhow::Result<()> {
    data_dir::must_exist(&args.database)?;
    let stop = stop_signal();
    let Some((dir, services)) = open_patiently(&args.database, stop.clone()).await? else {
        return Ok(());
    };
    println!("TenantAtlas worker claims runs");
    let queue = args.queue.settings();
    let pool = start_pool(
        &services,
        dir.endpoints()?,
        args.workers.max(1),
        queue,
        stop,
    )?;
    pool.await.context("waiting for the workers")
}

/// Starts the worker pool in the background.
pub(crate) fn start_pool(
    services: &Services,
    endpoints: Endpoints,
    workers: usize,
    queue: QueueSettings,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let client = HttpGraphClient::new(ClientSettings::of(&endpoints))?;
    let settings = PoolSettings {
        workers,
        poll: Duration::from_millis(250),
        grace: Duration::from_secs(10),
    };
    let pool = Pool::new(services, Arc::new(client), endpoints, settings).with_queue(queue);
    Ok(tokio::spawn(pool.run(stop)))
}

/// Serves pages until asked to stop.
pub(crate) async fn serve_pages(
    listener: TcpListener,
    services: &Services,
    public_url: Option<&str>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    serve_router(
        listener,
        router(services.clone(), Site::find()?, public_url)?,
        stop,
    )
    .await
}

async fn serve_router(
    listener: TcpListener,
    app: axum::Router,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        })
        .await
        .context("serving pages")
}

/// Listens, or says what stands in the way.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; another program may be using the port. Choose another with --listen")
    })
}

/// Plain http beyond this machine would lose the session cookie, and worse.
fn refuse_open_bind(listen: SocketAddr, public_url: Option<&str>) -> anyhow::Result<()> {
    match public_url {
        Some(url) if !url.starts_with("https://") => {
            bail!(
                "--public-url must be an https address: browsers send the session cookie over TLS alone"
            )
        }
        None if !listen.ip().is_loopback() => bail!(
            "listening beyond this machine needs --public-url https://..., the address of the proxy that adds TLS"
        ),
        _ => Ok(()),
    }
}
