//! A sandbox and nothing else: `cargo run --release -p graph-sandbox --example serve -- 127.0.0.1:8090`.
//!
//! It answers from one thread, so that it shows what one core does.

use graph_sandbox::{Clock, ControlApi, Sandbox, SandboxConfig, Scale};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:8090".to_owned());
    let config = SandboxConfig {
        seed: 1,
        tenants: 6,
        scale: Scale::Large,
        control: ControlApi::On,
    };
    let sandbox = Sandbox::generate(config, Clock::system());
    for tenant in sandbox.tenants() {
        println!(
            "{} tenant {} client {} secret {}",
            tenant.display_name, tenant.tenant_id, tenant.client_id, tenant.client_secret
        );
    }
    let listener = tokio::net::TcpListener::bind(address).await?;
    sandbox.serve(listener).await
}
