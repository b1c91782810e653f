//! `graph-sandbox`: the local Microsoft Graph as a program of its own.

use std::net::SocketAddr;

use anyhow::bail;
use graph_sandbox::{Clock, ControlApi, Sandbox, SandboxConfig, Scale};
use serde_json::json;

use super::serve::listen;
use crate::{
    cli::{GraphSandbox, SandboxScale},
    process::stop_signal,
};

/// Serves the sandbox until asked to stop.
pub(crate) async fn graph_sandbox(args: GraphSandbox) -> anyhow::Result<()> {
    refuse_open_control(args.listen, args.control)?;
    let control = if args.control {
        ControlApi::On
    } else {
        ControlApi::Off
    };
    let scale = match args.scale {
        SandboxScale::Small => Scale::Small,
        SandboxScale::Large => Scale::Large,
    };
    let config = SandboxConfig {
        seed: args.seed,
        tenants: args.tenants,
        scale,
        control,
    };
    let sandbox = Sandbox::generate(config, Clock::system());
    let listener = listen(args.listen).await?;
    let url = format!("http://{}", listener.local_addr()?);
    if args.json {
        println!("{}", json!({ "url": url, "tenants": sandbox.tenants() }));
    } else {
        println!("Graph sandbox on {url}");
        for tenant in sandbox.tenants() {
            println!(
                "  {}  tenant {}  client {}  secret {}",
                tenant.display_name, tenant.tenant_id, tenant.client_id, tenant.client_secret
            );
        }
    }
    let mut stop = stop_signal();
    tokio::select! {
        served = sandbox.serve(listener) => Ok(served?),
        _ = stop.wait_for(|stopped| *stopped) => Ok(()),
    }
}

fn refuse_open_control(listen: SocketAddr, control: bool) -> anyhow::Result<()> {
    if control && !listen.ip().is_loopback() {
        bail!(
            "the control API is for this machine alone; listen on 127.0.0.1, or leave --control out"
        );
    }
    Ok(())
}
