//! `demo`: a whole installation with sample data and the sandbox behind it.

use anyhow::{Context as _, bail};
use domain::operation::Habitat;
use graph_sandbox::{Clock, ControlApi, Sandbox, SandboxConfig, Scale, TenantSeed};
use operations::{SampleAccount, SampleDirectory};
use serde::Serialize;
use store::QueueSettings;
use tokio::net::TcpListener;

use super::serve::{listen, serve_pages, start_pool};
use crate::{
    cli::Demo,
    data_dir::{DataDir, ProviderFile},
    http::Site,
    process::stop_signal,
};

/// The line a program reads.
#[derive(Serialize)]
struct Ready {
    url: String,
    sandbox_url: String,
    data_dir: String,
    accounts: Vec<SampleAccount>,
    sandbox_tenants: Vec<SandboxTenant>,
}

#[derive(Serialize)]
struct SandboxTenant {
    name: String,
    tenant_id: String,
    client_id: String,
    client_secret: String,
}

impl From<TenantSeed> for SandboxTenant {
    fn from(seed: TenantSeed) -> Self {
        Self {
            name: seed.display_name,
            tenant_id: seed.tenant_id,
            client_id: seed.client_id,
            client_secret: seed.client_secret,
        }
    }
}

/// The accounts of a demo whose folder is kept.
const ACCOUNTS: &str = "demo-accounts.json";

/// Runs the demo until asked to stop.
pub(crate) async fn demo(args: Demo) -> anyhow::Result<()> {
    if !args.listen.ip().is_loopback() {
        bail!(
            "the demo listens on this machine alone: its passwords are printed and its sandbox can be told to fail"
        );
    }
    // Before anything is made: without its files there is nothing to serve.
    let site = Site::find()?;
    let listener = listen(args.listen).await?;
    // Kept in a variable: dropping it removes the folder.
    let (temporary, dir) = match &args.data_dir {
        Some(path) => (None, DataDir::open(path)?),
        None => {
            let folder = tempfile::tempdir().context("making a temporary folder")?;
            let dir = DataDir::open(folder.path())?;
            (Some(folder), dir)
        }
    };
    let (sandbox, sandbox_url) = start_sandbox(args.seed).await?;
    let provider = ProviderFile {
        authority: sandbox_url.clone(),
        graph: sandbox_url.clone(),
    };
    dir.set_provider(&provider)?;
    let services = dir.services(None, Habitat::Product).await?;
    let accounts = sample(&dir, &services, &sandbox, args.seed).await?;
    let ready = Ready {
        url: format!("http://{}", listener.local_addr()?),
        sandbox_url,
        data_dir: dir.path().display().to_string(),
        accounts,
        sandbox_tenants: sandbox
            .tenants()
            .into_iter()
            .map(SandboxTenant::from)
            .collect(),
    };
    announce(&ready, args.json)?;
    let stop = stop_signal();
    let queue = QueueSettings::default();
    let pool = start_pool(
        &services,
        dir.endpoints()?,
        args.workers,
        queue,
        stop.clone(),
    )?;
    serve_pages(listener, &services, site, stop).await?;
    pool.await.context("waiting for the workers")?;
    services.store().close().await;
    drop(temporary);
    Ok(())
}

async fn start_sandbox(seed: u64) -> anyhow::Result<(Sandbox, String)> {
    let config = SandboxConfig {
        seed,
        tenants: 6,
        scale: Scale::Large,
        control: ControlApi::On,
    };
    let sandbox = Sandbox::generate(config, Clock::system());
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("listening for the sandbox")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = sandbox.clone();
    tokio::spawn(async move {
        if let Err(error) = server.serve(listener).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
    Ok((sandbox, url))
}

/// Makes the sample in an empty folder; a kept folder has its accounts beside it.
async fn sample(
    dir: &DataDir,
    services: &operations::Services,
    sandbox: &Sandbox,
    seed: u64,
) -> anyhow::Result<Vec<SampleAccount>> {
    if !services.store().is_unclaimed().await? {
        let path = dir.path().join(ACCOUNTS);
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "{} holds a database, but no demo; choose an empty folder with --data-dir",
                dir.path().display()
            )
        })?;
        return serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()));
    }
    let directories: Vec<_> = sandbox
        .tenants()
        .into_iter()
        .map(|tenant| SampleDirectory {
            name: tenant.display_name,
            entra_tenant_id: tenant.tenant_id,
            client_id: tenant.client_id,
            client_secret: tenant.client_secret,
        })
        .collect();
    let accounts = services.make_sample(&directories, seed).await?;
    dir.write_private(ACCOUNTS, &serde_json::to_string_pretty(&accounts)?)?;
    Ok(accounts)
}

fn announce(ready: &Ready, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(ready)?);
        return Ok(());
    }
    println!("TenantAtlas demo");
    println!();
    println!("  Sign in at  {}/sign-in", ready.url);
    println!(
        "  Sandbox     {} (journal at /_sandbox/journal)",
        ready.sandbox_url
    );
    println!("  Data in     {}", ready.data_dir);
    println!();
    for account in &ready.accounts {
        println!(
            "  {:<10} {:<32} {}",
            account.role, account.email, account.password
        );
    }
    println!();
    println!("Stop it with Ctrl-C.");
    Ok(())
}
