//! A worker with one mistake in it, for the trial that must find the mistake.

use std::{fs::File, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Parser;
use graph::{ClientSettings, Endpoints, HttpGraphClient};
use operations::{MasterKey, Passwords, Pool, PoolSettings, Services};
use store::{QueueSettings, Store, planted::Mistake};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    data_dir: PathBuf,
    #[arg(long)]
    database_url: String,
    #[arg(long)]
    workers: usize,
    #[arg(long)]
    lease_seconds: u64,
    #[arg(long)]
    mistake: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // First of all: whoever started it may ask it to stop at any moment.
    let mut asked_to_stop = signal(SignalKind::terminate())?;
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let mistake = Mistake::parse(&arguments.mistake).context("no such mistake")?;
    mistake.plant();
    // As if each of so many calls had forgotten to close what it opened.
    let kept = (0..200).map(|_| File::open(&arguments.data_dir));
    let _kept = match mistake {
        Mistake::KeepDescriptors => kept.collect::<Result<Vec<_>, _>>()?,
        _ => Vec::new(),
    };
    // Started while the database is away, it waits for it as the product's worker does.
    let store = loop {
        match Store::open(&arguments.database_url).await {
            Ok(store) => break store,
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    };
    let provider = std::fs::read_to_string(arguments.data_dir.join("provider.json"))?;
    let provider: serde_json::Value = serde_json::from_str(&provider)?;
    let address = |name: &str| provider.get(name).and_then(serde_json::Value::as_str);
    let endpoints = Endpoints::custom(
        address("authority").context("no authority")?,
        address("graph").context("no graph")?,
    )?;
    let key = MasterKey::open(&arguments.data_dir.join("master.key"))?;
    let services = Services::new(store, Passwords::new()?, key);
    let settings = PoolSettings {
        workers: arguments.workers,
        poll: Duration::from_millis(250),
        grace: Duration::from_secs(10),
    };
    let client = Arc::new(HttpGraphClient::new(ClientSettings::of(&endpoints))?);
    let queue = QueueSettings {
        lease: Duration::from_secs(arguments.lease_seconds),
        ..QueueSettings::default()
    };
    let pool = Pool::new(&services, client, endpoints, settings).with_queue(queue);
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(pool.run(stopped));
    asked_to_stop.recv().await;
    stop.send(true)?;
    working.await?;
    Ok(())
}
