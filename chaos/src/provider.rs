//! The provider of a trial: the sandbox's faults, grants and journal, over its control API.

use anyhow::Result;
use domain::ids::RunId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http;

/// Where the objects are that a `lab.write` changes.
pub(crate) const CONFIGURATIONS: &str = "/deviceManagement/deviceConfigurations";
const READ_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

/// A call as the sandbox wrote it down.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    pub(crate) seq: u64,
    pub(crate) time: String,
    pub(crate) tenant_id: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: Option<u16>,
    pub(crate) client_request_id: Option<String>,
    pub(crate) body_hash: Option<String>,
    /// What it changed: `applied`, or `repeated` when it found that done.
    pub(crate) write: Option<String>,
}

impl Call {
    /// Whether it asks for a change; a batch only holds calls, each of which stands in the journal by itself.
    pub(crate) fn is_change(&self) -> bool {
        let is_other = self.path.contains("/oauth2/") || self.path.ends_with("/$batch");
        self.method != "GET" && !is_other
    }

    /// For which run it was made.
    pub(crate) fn run(&self) -> Option<RunId> {
        self.client_request_id.as_ref()?.parse().ok()
    }

    /// The object it is about, where it is about one that a `lab.write` changes.
    ///
    /// Empty, when it is about all of them, or about one that is to come to be.
    pub(crate) fn target(&self) -> Option<&str> {
        let (_, below) = self.path.split_once(CONFIGURATIONS)?;
        let below = below.trim_start_matches('/');
        Some(below.split('/').next().unwrap_or(below))
    }

    /// Whether it is about one object.
    pub(crate) fn has_target(&self) -> bool {
        self.target().is_some_and(|target| !target.is_empty())
    }
}

/// The journal as the sandbox gives it.
#[derive(Debug, Deserialize)]
struct Page {
    oldest: u64,
    entries: Vec<Call>,
}

/// The sandbox of a trial.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) url: String,
}

impl Provider {
    async fn tell(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, said) = http::ask(&self.url, "POST", path, &body.to_string()).await?;
        anyhow::ensure!(status < 300, "the sandbox refuses {path}: {said}");
        Ok(serde_json::from_str(&said)?)
    }

    /// Puts a fault in force; answers its name.
    pub(crate) async fn fault(&self, fault: &Value) -> Result<String> {
        let told = self.tell("/_sandbox/faults", fault).await?;
        let id = told.get("id").and_then(Value::as_str);
        Ok(id.unwrap_or_default().to_owned())
    }

    /// Takes a fault back; one whose count is used up is gone already.
    pub(crate) async fn heal(&self, fault: &str) -> Result<()> {
        let path = format!("/_sandbox/faults/{fault}");
        http::ask(&self.url, "DELETE", &path, "").await.map(drop)
    }

    /// Lets a tenant's application change device configurations.
    pub(crate) async fn let_write(&self, tenant: &str) -> Result<()> {
        let path = format!("/_sandbox/tenants/{tenant}/grant");
        self.tell(&path, &json!({ "role": READ_WRITE }))
            .await
            .map(drop)
    }

    /// Every call there was.
    pub(crate) async fn journal(&self) -> Result<Vec<Call>> {
        let page: Page = http::get(&self.url, "/_sandbox/journal").await?;
        anyhow::ensure!(page.oldest <= 1, "the journal has lost its beginning");
        Ok(page.entries)
    }

    /// Every call for a run.
    pub(crate) async fn calls_of(&self, run: RunId) -> Result<Vec<Call>> {
        let mut calls = self.journal().await?;
        calls.retain(|call| call.run() == Some(run));
        Ok(calls)
    }
}
