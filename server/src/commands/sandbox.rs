//! `graph-sandbox`: the local Microsoft Graph as a program of its own.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use graph_sandbox::{
    Clock, ControlApi, Options, Sandbox, SandboxConfig, Scale, StatusCodes, Throttling, Tls,
};
use serde_json::json;

use super::serve::listen;
use crate::{
    cli::{GraphSandbox, SandboxScale, SandboxStatusCodes, SandboxThrottling},
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
    let options = Options {
        state: args.state.clone(),
        status_codes: match args.status_codes {
            SandboxStatusCodes::Observed => StatusCodes::Observed,
            SandboxStatusCodes::Documented => StatusCodes::Documented,
        },
        throttling: match args.throttling {
            SandboxThrottling::Off => Throttling::Off,
            SandboxThrottling::Generous => Throttling::Generous,
            SandboxThrottling::Documented => Throttling::Documented,
        },
    };
    let tls = tls(&args)?;
    let sandbox = Sandbox::open(config, &options, Clock::system()).context("opening the state")?;
    register_certificate(&args, &sandbox)?;
    let listener = listen(args.listen).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", listener.local_addr()?);
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
    let serve = async {
        match tls {
            Some(tls) => sandbox.serve_tls(listener, tls).await,
            None => sandbox.serve(listener).await,
        }
    };
    tokio::select! {
        served = serve => Ok(served?),
        _ = stop.wait_for(|stopped| *stopped) => Ok(()),
    }
}

/// The certificate to serve with, when one is asked for.
fn tls(args: &GraphSandbox) -> anyhow::Result<Option<Tls>> {
    let made = match (&args.tls_cert, &args.tls_key, &args.tls_self_signed) {
        (Some(certificate), Some(key), _) => Tls::from_files(certificate, key),
        (_, _, Some(folder)) => {
            let ip = args.listen.ip();
            let names: Vec<_> = [ip]
                .iter()
                .filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
                .map(ToString::to_string)
                .collect();
            Tls::self_signed(folder, &names)
        }
        _ => return Ok(None),
    };
    made.map(Some).context("setting up TLS")
}

fn register_certificate(args: &GraphSandbox, sandbox: &Sandbox) -> anyhow::Result<()> {
    let Some(path) = &args.app_certificate else {
        return Ok(());
    };
    let pem =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    for tenant in sandbox.tenants() {
        if !sandbox.register_certificates(&tenant.tenant_id, &pem) {
            bail!("{} holds no certificate in PEM", path.display());
        }
    }
    Ok(())
}

fn refuse_open_control(listen: SocketAddr, control: bool) -> anyhow::Result<()> {
    if control && !listen.ip().is_loopback() {
        bail!(
            "the control API is for this machine alone; listen on 127.0.0.1, or leave --control out"
        );
    }
    Ok(())
}
