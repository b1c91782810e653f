//! The sandbox itself: what it holds, and how it is started.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::catalogue;
use crate::certificates;
use crate::clock::Clock;
use crate::config::{ControlApi, Options, SandboxConfig, StatusCodes, TenantSeed};
use crate::faults::Faults;
use crate::journal::Journal;
use crate::listener::BreakableListener;
use crate::permissions;
use crate::routes;
use crate::serving;
use crate::state::{self, StateError, Tenant};
use crate::throttle::{Throttle, Throttling};
use crate::tls::{Tls, TlsListener};
use crate::tokens::TokenMint;

/// A stateful local Microsoft Graph; clones share everything.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    control: ControlApi,
    status_codes: StatusCodes,
    clock: Clock,
    tenants: Vec<Arc<Tenant>>,
    /// By tenant id and by domain, in lower case.
    by_name: HashMap<String, Arc<Tenant>>,
    tokens: TokenMint,
    journal: Journal,
    faults: Faults,
    throttle: Throttle,
    /// Whether enrollment configurations can be changed without a person.
    enrollment_writes: AtomicBool,
    /// Keeps other programs out of the folder of the state.
    _lock: Option<File>,
}

impl Sandbox {
    /// Makes the tenants that follow from `config`; what changes is forgotten with it.
    #[must_use]
    pub fn generate(config: SandboxConfig, clock: Clock) -> Self {
        let opened = state::Opened {
            tenants: crate::data::tenants(config, None),
            lock: None,
        };
        Self::of(config, &Options::default(), clock, opened)
    }

    /// Makes the tenants that follow from `config`, as the folder of the state says they have become.
    ///
    /// # Errors
    ///
    /// When the folder cannot be used, is in use, or holds another sandbox.
    pub fn open(
        config: SandboxConfig,
        options: &Options,
        clock: Clock,
    ) -> Result<Self, StateError> {
        let opened = state::open(config, options.state.as_deref())?;
        Ok(Self::of(config, options, clock, opened))
    }

    fn of(config: SandboxConfig, options: &Options, clock: Clock, opened: state::Opened) -> Self {
        let tenants: Vec<_> = opened.tenants.into_iter().map(Arc::new).collect();
        let by_name = tenants
            .iter()
            .flat_map(|tenant| {
                [&tenant.seed.tenant_id, &tenant.seed.domain]
                    .map(|name| (name.to_ascii_lowercase(), Arc::clone(tenant)))
            })
            .collect();
        Self(Arc::new(Inner {
            control: config.control,
            status_codes: options.status_codes,
            clock,
            tenants,
            by_name,
            tokens: TokenMint::of_seed(config.seed),
            journal: Journal::default(),
            faults: Faults::default(),
            throttle: Throttle::of(options.throttling),
            enrollment_writes: AtomicBool::new(false),
            _lock: opened.lock,
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
        let router = self.router();
        async move { serving::serve(BreakableListener(listener), router).await }
    }

    /// Answers over TLS on `listener` until the future is dropped.
    pub fn serve_tls(
        &self,
        listener: TcpListener,
        tls: Tls,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let router = self.router();
        async move { serving::serve(TlsListener::start(listener, tls)?, router).await }
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
        let granted = tenant.change_app(&tenant.seed.client_id, |app| {
            Arc::make_mut(&mut app.roles).insert(role.to_owned());
        });
        matches!(granted, Some(Ok(_)))
    }

    /// Registers the certificates of a PEM text for a tenant's application, beside its secret.
    ///
    /// False when there is no such tenant, or no certificate in the text.
    pub fn register_certificates(&self, tenant: &str, pem: &str) -> bool {
        let read = certificates::read_pem(pem);
        let Some((tenant, certificates)) = self.tenant(tenant).zip(read) else {
            return false;
        };
        let registered = tenant.change_app(&tenant.seed.client_id, |app| {
            app.certificates.extend(certificates);
        });
        matches!(registered, Some(Ok(_)))
    }

    /// Changes one field of an object, as somebody else with leave to do so would.
    ///
    /// False when there is no such tenant, collection or object.
    pub fn change(&self, tenant: &str, collection: &str, id: &str, field: &str, to: &str) -> bool {
        let now = self.clock().seconds();
        let found = self.tenant(tenant).zip(catalogue::by_name(collection));
        found.is_some_and(|(tenant, collection)| {
            let fields = serde_json::Map::from_iter([(field.to_owned(), Value::from(to))]);
            routes::drift::patch(tenant, collection, id, fields, now).is_ok()
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

    pub(crate) fn status_codes(&self) -> StatusCodes {
        self.0.status_codes
    }

    /// The tenant that stands for `common`.
    pub(crate) fn first_tenant(&self) -> Option<&Arc<Tenant>> {
        self.0.tenants.first()
    }

    pub(crate) fn allows_enrollment_writes(&self) -> bool {
        self.0.enrollment_writes.load(Ordering::Relaxed)
    }

    pub(crate) fn allow_enrollment_writes(&self, allow: bool) {
        self.0.enrollment_writes.store(allow, Ordering::Relaxed);
    }

    pub(crate) fn tokens(&self) -> &TokenMint {
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
