//! How many changes a second are kept: `cargo run --release -p graph-sandbox --example writes -- DIR 3`.
//!
//! One writer a tenant, as many as the third argument says (1 and 6 without it), each for some seconds; in memory
//! first, then with the state in a new folder below `DIR`. The disk that is meant has to hold `DIR`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use graph_sandbox::{Clock, ControlApi, Options, Sandbox, SandboxConfig, Scale, TenantSeed};
use tower::ServiceExt as _;

const FILTERS: &str = "/beta/deviceManagement/assignmentFilters";
const ROLE: &str = "DeviceManagementConfiguration.ReadWrite.All";

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().unwrap_or_else(|| ".".to_owned());
    let seconds = args.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let time = Duration::from_secs(seconds);
    for writers in [1, 6] {
        let memory = writes(writers, None, time).await;
        let own = Path::new(&folder).join(format!("writes-{}", uuid::Uuid::new_v4()));
        let kept = writes(writers, Some(&own), time).await;
        let _: std::io::Result<()> = std::fs::remove_dir_all(&own);
        println!("{writers} writers: {memory:.0}/s in memory, {kept:.0}/s with a state");
    }
}

/// Changes a second, each waited for by its writer.
async fn writes(writers: usize, state: Option<&Path>, time: Duration) -> f64 {
    let config = SandboxConfig {
        seed: 1,
        tenants: 6,
        scale: Scale::Small,
        control: ControlApi::Off,
    };
    let options = Options {
        state: state.map(Path::to_owned),
        throttling: graph_sandbox::Throttling::Off,
        ..Options::default()
    };
    let Ok(sandbox) = Sandbox::open(config, &options, Clock::system()) else {
        return 0.0;
    };
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks = sandbox.tenants().into_iter().take(writers).map(|tenant| {
        let (sandbox, done) = (sandbox.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let Some((token, id)) = begin(&sandbox, &tenant).await else {
                return;
            };
            while start.elapsed() < time {
                let nth = done.fetch_add(1, Ordering::Relaxed);
                let body = format!("{{\"description\":\"Change {nth}\"}}");
                let path = format!("{FILTERS}/{id}");
                if ask(&sandbox, "PATCH", &path, &token, body).await.is_none() {
                    return;
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        let _ = task.await;
    }
    let changes = u32::try_from(done.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
    f64::from(changes) / start.elapsed().as_secs_f64()
}

/// A token that may write, and the id of something to change.
async fn begin(sandbox: &Sandbox, tenant: &TenantSeed) -> Option<(String, String)> {
    sandbox.grant(&tenant.tenant_id, ROLE);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}\
         &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
        tenant.client_id, tenant.client_secret
    );
    let request = Request::post(format!("/{}/oauth2/v2.0/token", tenant.tenant_id))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .ok()?;
    let answer = sandbox.router().oneshot(request).await.ok()?;
    let token = json(answer.into_body()).await?;
    let token = token.get("access_token")?.as_str()?.to_owned();
    let all = ask(sandbox, "GET", FILTERS, &token, String::new()).await?;
    let id = json(all)
        .await?
        .pointer("/value/0/id")?
        .as_str()?
        .to_owned();
    Some((token, id))
}

async fn ask(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    token: &str,
    body: String,
) -> Option<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .ok()?;
    let answer = sandbox.router().oneshot(request).await.ok()?;
    answer.status().is_success().then(|| answer.into_body())
}

async fn json(body: Body) -> Option<serde_json::Value> {
    let bytes = axum::body::to_bytes(body, usize::MAX).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
