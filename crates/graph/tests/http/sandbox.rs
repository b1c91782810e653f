//! A tenant of the stand-in for Graph, whose application may do everything.

use std::time::Duration;

use graph::{
    AssignmentSet, ClientSettings, Connection, Contract, Effect, Endpoints, GraphClient as _,
    GraphError, HttpGraphClient, Limits, PageCursor, Permissions, Write, WriteError, Written,
    contracts,
};
use graph_sandbox::{Clock, ControlApi, Sandbox, SandboxConfig, Scale};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::{leave, support::context};

pub struct Tenant {
    pub sandbox: Sandbox,
    pub connection: Connection,
    pub client: HttpGraphClient,
}

impl Tenant {
    pub async fn start() -> Self {
        let config = SandboxConfig {
            seed: 11,
            tenants: 1,
            scale: Scale::Small,
            control: ControlApi::On,
        };
        let sandbox = Sandbox::generate(config, Clock::system());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(sandbox.serve(listener));
        let seed = sandbox.tenants().remove(0);
        for role in contracts().filter_map(|contract| contract.writing?.permissions.known()) {
            for name in Permissions::least(role) {
                assert!(sandbox.grant(&seed.tenant_id, name), "{name}");
            }
        }
        let cloud = Endpoints::custom(&address, &address).unwrap();
        let secret = SecretString::from(seed.client_secret);
        let (tenant, client) = (&seed.tenant_id, &seed.client_id);
        Self {
            sandbox,
            connection: Connection::new(tenant, client, secret, cloud).unwrap(),
            client: HttpGraphClient::new(ClientSettings {
                limits: Limits::Stated,
                ..ClientSettings::default()
            })
            .unwrap(),
        }
    }

    /// A collection to its end.
    pub async fn walk(
        &self,
        contract: &'static Contract,
        mut cursor: Option<PageCursor>,
    ) -> Vec<Map<String, Value>> {
        let mut all = Vec::new();
        loop {
            let (connection, context) = (&self.connection, context());
            let page = self.client.page(connection, &context, contract, cursor);
            let page = page.await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    /// One object as it is read for a comparison.
    pub async fn object(
        &self,
        contract: &'static Contract,
        id: &str,
    ) -> Result<Map<String, Value>, GraphError> {
        let (writer, context) = (self.client.writer().unwrap(), context());
        writer
            .object(&self.connection, &context, contract, id)
            .await
    }

    /// The assignments of an object as they came.
    pub async fn assignments(
        &self,
        contract: &'static Contract,
        (id, odata_type): (&str, Option<&str>),
    ) -> Vec<Map<String, Value>> {
        let object = (id, odata_type);
        let first = PageCursor::part(&self.connection, contract, object, "assignments");
        self.walk(contract, Some(first.unwrap())).await
    }

    /// Whom an object is assigned to.
    pub async fn assigned(
        &self,
        contract: &'static Contract,
        object: (&str, Option<&str>),
    ) -> AssignmentSet {
        AssignmentSet::of(&self.assignments(contract, object).await)
    }

    pub async fn write(
        &self,
        contract: &'static Contract,
        effect: Effect<'_>,
    ) -> Result<Written, WriteError> {
        let running = leave::running().await;
        let step = leave::asked(&running, Duration::ZERO).await.step();
        let write = Write {
            contract,
            effect,
            justification: "because",
            approved: None,
        };
        let (writer, context) = (self.client.writer().unwrap(), context());
        writer.write(step, &self.connection, &context, write).await
    }
}
