//! The sandbox as a process of its own, and its control API.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    ops::Range,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};
use graph::Endpoints;
use operations::SampleDirectory;
use serde::Deserialize;
use serde_json::{Value, json};

/// A running sandbox; it ends with this.
pub(super) struct SandboxProcess {
    url: String,
    tenants: Vec<Tenant>,
    process: Child,
}

#[derive(Deserialize)]
struct Ready {
    url: String,
    tenants: Vec<Tenant>,
}

#[derive(Deserialize)]
struct Tenant {
    tenant_id: String,
    display_name: String,
    client_id: String,
    client_secret: String,
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl SandboxProcess {
    /// Starts this program once more as the sandbox, with two large tenants.
    pub(super) fn start(tenants: usize, seed: u64) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut process = Command::new(program)
            .args([
                "graph-sandbox",
                "--listen",
                "127.0.0.1:0",
                "--control",
                "--json",
            ])
            .args(["--scale", "large", "--tenants", &tenants.to_string()])
            .args(["--seed", &seed.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the sandbox")?;
        let output = process.stdout.take().context("the sandbox has no output")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("waiting for the sandbox")?;
        let ready: Ready = serde_json::from_str(&line).context("reading what the sandbox says")?;
        Ok(Self {
            url: ready.url,
            tenants: ready.tenants,
            process,
        })
    }

    pub(super) fn endpoints(&self) -> anyhow::Result<Endpoints> {
        Ok(Endpoints::custom(&self.url, &self.url)?)
    }

    pub(super) fn directories(&self, range: Range<usize>) -> Vec<SampleDirectory> {
        let tenants = self.tenants.get(range).unwrap_or_default();
        tenants
            .iter()
            .map(|tenant| SampleDirectory {
                name: tenant.display_name.clone(),
                entra_tenant_id: tenant.tenant_id.clone(),
                client_id: tenant.client_id.clone(),
                client_secret: tenant.client_secret.clone(),
            })
            .collect()
    }

    /// How many requests it has had so far; one with several reads in it is one.
    pub(super) fn requests(&self) -> anyhow::Result<u64> {
        let journal = self.control("GET", "/_sandbox/journal", None)?;
        let entries = journal.get("entries").and_then(Value::as_array);
        let entries = entries.context("the journal has no entries")?;
        let whole = entries
            .iter()
            .filter(|entry| entry.get("in_batch").is_none_or(Value::is_null));
        Ok(whole.count() as u64)
    }

    /// Throttles everything that is asked of one tenant, for five seconds each time.
    pub(super) fn throttle(&self, tenant: usize) -> anyhow::Result<()> {
        let tenant = self.tenants.get(tenant).context("no such tenant")?;
        let fault = json!({
            "kind": "status", "status": 429, "retry_after": "5",
            "tenant_id": tenant.tenant_id, "route": "/v1.0*",
        });
        self.control("POST", "/_sandbox/faults", Some(&fault))?;
        let beta = json!({
            "kind": "status", "status": 429, "retry_after": "5",
            "tenant_id": tenant.tenant_id, "route": "/beta*",
        });
        self.control("POST", "/_sandbox/faults", Some(&beta))?;
        Ok(())
    }

    /// Throttles nobody any more.
    pub(super) fn calm(&self) -> anyhow::Result<()> {
        self.control("DELETE", "/_sandbox/faults", None)?;
        Ok(())
    }

    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).context("reaching the sandbox")?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        if !head.starts_with("HTTP/1.1 2") {
            bail!("the sandbox refused {path}: {body}");
        }
        Ok(serde_json::from_str(body).unwrap_or(Value::Null))
    }
}
