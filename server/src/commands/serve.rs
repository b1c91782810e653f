//! `serve`, `web` and `worker`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use domain::ids::RequestId;
use graph::{ClientSettings, Endpoints, HttpGraphClient};
use operations::{Pool, PoolSettings, Services};
use tokio::{net::TcpListener, sync::watch};
use uuid::Uuid;

use crate::{
    cli::{Serve, Worker},
    data_dir,
    http::{Site, router},
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
    let (dir, services) = data_dir::open(&args.database).await?;
    let endpoints = dir.endpoints()?;
    let stop = stop_signal();
    let base = match &args.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", listener.local_addr()?),
    };
    if let Ok(Some(token)) = services
        .setup_token(RequestId::from_uuid(Uuid::now_v7()))
        .await
    {
        eprintln!("Nobody can sign in yet. Set up this installation within 30 minutes:");
        eprintln!("  {base}/setup/{token}");
    }
    println!("TenantAtlas listens on {base}");
    let pool = start_pool(&services, endpoints, workers, stop.clone())?;
    serve_pages(listener, &services, args.public_url.as_deref(), stop).await?;
    pool.await.context("waiting for the workers")
}

/// Workers alone.
pub(crate) async fn worker(args: Worker) -> anyhow::Result<()> {
    let (dir, services) = data_dir::open_existing(&args.database).await?;
    println!("TenantAtlas worker claims runs");
    let pool = start_pool(
        &services,
        dir.endpoints()?,
        args.workers.max(1),
        stop_signal(),
    )?;
    pool.await.context("waiting for the workers")
}

/// Starts the worker pool in the background.
pub(crate) fn start_pool(
    services: &Services,
    endpoints: Endpoints,
    workers: usize,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    let client = HttpGraphClient::new(ClientSettings::default())?;
    let settings = PoolSettings {
        workers,
        poll: Duration::from_millis(250),
        grace: Duration::from_secs(10),
    };
    let pool = Pool::new(services, Arc::new(client), endpoints, settings);
    Ok(tokio::spawn(pool.run(stop)))
}

/// Serves pages until asked to stop.
pub(crate) async fn serve_pages(
    listener: TcpListener,
    services: &Services,
    public_url: Option<&str>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let app = router(services.clone(), Site::find()?, public_url)?;
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
