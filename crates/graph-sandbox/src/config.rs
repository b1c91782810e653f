//! What a sandbox is made of, and what it hands back about each tenant.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::throttle::Throttling;

/// How a sandbox is generated; equal values give equal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxConfig {
    /// Start of the generator. Every id, name and secret follows from it.
    pub seed: u64,
    /// Number of tenants, held between 1 and [`SandboxConfig::MAX_TENANTS`].
    pub tenants: usize,
    /// How much data a tenant holds.
    pub scale: Scale,
    /// Whether `/_sandbox/` answers.
    pub control: ControlApi,
}

impl SandboxConfig {
    /// The largest number of tenants one sandbox makes.
    pub const MAX_TENANTS: usize = 500;
}

/// How much data a tenant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Tens of groups, in every third tenant more than one page of them.
    Small,
    /// As small, but the first two tenants hold 5,000 groups and 800 policies.
    Large,
}

/// What a sandbox can be told beside its data.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A folder in which changes survive a restart; without it they are in memory alone.
    pub state: Option<PathBuf>,
    /// Which status codes changes answer with.
    pub status_codes: StatusCodes,
    /// How strictly tenants are throttled from the start.
    pub throttling: Throttling,
}

/// Which status codes changes answer with, where what tools saw is not what is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusCodes {
    /// What published tools report and insist on.
    #[default]
    Observed,
    /// What the documentation says.
    Documented,
}

/// Whether the control API answers or does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlApi {
    /// `/_sandbox/` answers to anybody who reaches the listener.
    On,
    /// `/_sandbox/` answers 404, like any unknown path.
    Off,
}

/// What a client needs to connect to one tenant of the sandbox.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TenantSeed {
    /// The directory's id, a GUID.
    pub tenant_id: String,
    /// The organisation's name.
    pub display_name: String,
    /// The registered application's id, a GUID.
    pub client_id: String,
    /// The application's secret. It follows from the seed and guards nothing.
    pub client_secret: String,
    /// The initial domain, `*.onmicrosoft.example`.
    pub domain: String,
}

impl fmt::Debug for TenantSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantSeed")
            .field("tenant_id", &self.tenant_id)
            .field("display_name", &self.display_name)
            .field("client_id", &self.client_id)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
