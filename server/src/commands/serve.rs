//! `serve`, `web` and `worker`.

use std::{future::IntoFuture as _, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use domain::ids::RequestId;
use graph::{ClientSettings, Endpoints, HttpGraphClient};
use operations::{Pool, PoolSettings, Services};
use store::{OpenError, QueueSettings, StoreError};
use tokio::{net::TcpListener, sync::watch};
use uuid::Uuid;

use crate::{
    cli::{Pages, Serve, Served, Worker},
    data_dir::{self, DataDir},
    http::{LateRouter, Site, router},
    process::{stop_signal, told},
    writable,
};

/// How long what is under way may take after a process was asked to stop: runs and requests alike.
const GRACE: Duration = Duration::from_secs(10);

/// Pages and workers in one process.
pub(crate) async fn serve(args: Serve) -> anyhow::Result<()> {
    run(args.pages, args.workers, args.queue.settings()).await
}

/// Pages alone.
pub(crate) async fn web(args: Pages) -> anyhow::Result<()> {
    run(args, 0, QueueSettings::default()).await
}

async fn run(args: Pages, workers: usize, queue: QueueSettings) -> anyhow::Result<()> {
    refuse_open_bind(args.listen, args.public_url.as_deref())?;
    // Before anything is opened or begun: without its files there is nothing to serve.
    let site = Site::find()?;
    let listener = listen(args.listen).await?;
    let base = match &args.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", listener.local_addr()?),
    };
    println!("TenantAtlas listens on {base}");
    let stop = stop_signal();
    let late = LateRouter::default();
    let pages = tokio::spawn(serve_router(listener, late.router(), stop.clone()));
    let Some((dir, services)) = open_patiently(&args.served, stop.clone()).await? else {
        return pages.await.context("serving pages")?;
    };
    say_how_to_set_up(&services, &base).await;
    late.open(router(services.clone(), site, args.public_url.as_deref())?);
    let pool = start_pool(&services, dir.endpoints()?, workers, queue, stop)?;
    pages.await.context("serving pages")??;
    pool.await.context("waiting for the workers")
}

/// Opens the installation; waits for a database server that cannot be reached yet.
///
/// Asked to stop, it goes on neither with that nor with waiting for another process's migration; one of its own that
/// is under way is undone by the database.
async fn open_patiently(
    served: &Served,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Option<(DataDir, Services)>> {
    let database = &served.database;
    loop {
        let opened = tokio::select! {
            opened = data_dir::open(served) => opened,
            _ = stop.wait_for(|stopped| *stopped) => return Ok(None),
        };
        let error = match opened {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => error,
        };
        if !(database.is_server() && is_away(&error)) {
            return Err(error);
        }
        tracing::warn!("{}; trying again every second", told(&error));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stop.wait_for(|stopped| *stopped) => return Ok(None),
        }
    }
}

/// Whether a database could not be reached, or went away while it was opened.
fn is_away(error: &anyhow::Error) -> bool {
    let gone = |cause: &StoreError| matches!(cause, StoreError::Unavailable(_));
    matches!(
        error.downcast_ref::<OpenError>(),
        Some(OpenError::Unreachable(_))
    ) || error
        .chain()
        .any(|cause| cause.downcast_ref().is_some_and(gone))
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
    data_dir::must_exist(&args.served.database).await?;
    let stop = stop_signal();
    let Some((dir, services)) = open_patiently(&args.served, stop.clone()).await? else {
        return Ok(());
    };
    println!("TenantAtlas worker claims runs");
    let queue = args.queue.settings();
    let pool = start_pool(&services, dir.endpoints()?, args.workers, queue, stop)?;
    pool.await.context("waiting for the workers")
}

/// Starts the worker pool in the background; without workers, what looks after pages alone.
pub(crate) fn start_pool(
    services: &Services,
    endpoints: Endpoints,
    workers: usize,
    queue: QueueSettings,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<tokio::task::JoinHandle<()>> {
    if workers == 0 {
        let store = services.store().clone();
        return Ok(tokio::spawn(writable::keep_trying(store, stop)));
    }
    let client = HttpGraphClient::new(ClientSettings::of(&endpoints))?;
    let settings = PoolSettings {
        workers,
        poll: PoolSettings::POLL,
        grace: GRACE,
    };
    let pool = Pool::new(services, Arc::new(client), endpoints, settings).with_queue(queue);
    Ok(tokio::spawn(pool.run(stop)))
}

/// Serves pages until asked to stop.
pub(crate) async fn serve_pages(
    listener: TcpListener,
    services: &Services,
    site: Site,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    serve_router(listener, router(services.clone(), site, None)?, stop).await
}

async fn serve_router(
    listener: TcpListener,
    app: axum::Router,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let mut asked = stop.clone();
    let served = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = asked.wait_for(|stopped| *stopped).await;
    });
    tokio::select! {
        served = served.into_future() => served.context("serving pages"),
        () = grace_is_over(&mut stop) => {
            tracing::warn!("requests were still under way {GRACE:?} after the stop; they are broken off");
            Ok(())
        }
    }
}

/// Over so long after the process was asked to stop.
async fn grace_is_over(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopped| *stopped).await;
    tokio::time::sleep(GRACE).await;
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
