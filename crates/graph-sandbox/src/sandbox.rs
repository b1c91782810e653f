//! The sandbox itself: what it holds, and how it is started.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use serde_json::{Map, Value};

use crate::catalogue;
use crate::clock::Clock;
use crate::config::{ControlApi, SandboxConfig, TenantSeed};
use crate::data;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::listener::{BreakableListener, Breaker};
use crate::permissions;
use crate::routes;
use crate::state::Tenant;
use crate::throttle::{Throttle, Throttling};
use crate::tokens::TokenStore;

/// A stateful local Microsoft Graph; clones share everything.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    control: ControlApi,
    clock: Clock,
    tenants: Vec<Arc<Tenant>>,
    /// By tenant id and by domain, in lower case.
    by_name: HashMap<String, Arc<Tenant>>,
    tokens: TokenStore,
    journal: Journal,
    faults: Faults,
    throttle: Throttle,
}

impl Sandbox {
    /// Makes the tenants that follow from `config`.
    #[must_use]
    pub fn generate(config: SandboxConfig, clock: Clock) -> Self {
        let tenants: Vec<_> = data::tenants(config).into_iter().map(Arc::new).collect();
        let by_name = tenants
            .iter()
            .flat_map(|tenant| {
                [&tenant.seed.tenant_id, &tenant.seed.domain]
                    .map(|name| (name.to_ascii_lowercase(), Arc::clone(tenant)))
            })
            .collect();
        Self(Arc::new(Inner {
            control: config.control,
            clock,
            tenants,
            by_name,
            tokens: TokenStore::default(),
            journal: Journal::default(),
            faults: Faults::default(),
            throttle: Throttle::default(),
        }))
    }

    /// All of the sandbox as one router.
    ///
    /// Without [`Sandbox::serve`] a `reset` fault breaks off the answer instead
    /// of resetting the connection, which a router cannot see.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// Answers on `listener` until the future is dropped.
    pub fn serve(
        &self,
        listener: TcpListener,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let service = self
            .router()
            .into_make_service_with_connect_info::<Breaker>();
        async move { axum::serve(BreakableListener(listener), service).await }
    }

    /// What clients need to connect to each tenant.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantSeed> {
        self.0
            .tenants
            .iter()
            .map(|tenant| tenant.seed.clone())
            .collect()
    }

    /// The record of every request.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.0.journal.clone()
    }

    /// The scripted failures.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.0.faults.clone()
    }

    /// Grants a tenant's application one permission more, for tokens issued from now on.
    ///
    /// False when there is no such tenant or permission.
    pub fn grant(&self, tenant: &str, role: &str) -> bool {
        let known = permissions::role_id(role).is_some();
        let Some(tenant) = self.tenant(tenant).filter(|_| known) else {
            return false;
        };
        tenant.grant(role);
        true
    }

    /// Changes one field of an object, as somebody else with leave to do so would.
    ///
    /// False when there is no such tenant, collection or object.
    pub fn change(&self, tenant: &str, collection: &str, id: &str, field: &str, to: &str) -> bool {
        let now = self.clock().seconds();
        let found = self.tenant(tenant).zip(catalogue::by_name(collection));
        found.is_some_and(|(tenant, collection)| {
            let fields = Map::from_iter([(field.to_owned(), Value::from(to))]);
            tenant.patch(collection, id, fields, now).is_ok()
        })
    }

    /// How strictly tenants are throttled now.
    #[must_use]
    pub fn throttling(&self) -> Throttling {
        self.0.throttle.mode()
    }

    /// Throttles tenants differently from now on, with full budgets.
    pub fn set_throttling(&self, mode: Throttling) {
        self.0.throttle.set_mode(mode);
    }

    pub(crate) fn control(&self) -> ControlApi {
        self.0.control
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn tokens(&self) -> &TokenStore {
        &self.0.tokens
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// The tenant of that id or domain.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Arc<Tenant>> {
        self.0.by_name.get(&name.to_ascii_lowercase())
    }
}
