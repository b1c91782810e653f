//! Sample data that follows from the seed: believable, and the same every time.

mod access;
mod applications;
mod compliance;
mod device_configurations;
mod devices;
mod enrollment;
pub(crate) mod groups;
mod names;
mod organization;
pub(crate) mod parts;
mod role_definitions;
mod scripts;
pub(crate) mod settings_catalog;
mod small;
mod users;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::config::{SandboxConfig, Scale, TenantSeed};
use crate::random::Random;
use crate::state::Tenant;

/// How many of each thing a tenant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    users: usize,
    groups: usize,
    device_configurations: usize,
    compliance_policies: usize,
    settings_catalog_policies: usize,
}

/// 5,000 groups and 800 policies.
const LARGE: Size = Size {
    users: 640,
    groups: 5_000,
    device_configurations: 160,
    compliance_policies: 40,
    settings_catalog_policies: 600,
};

/// How many tenants of a large sandbox are large.
const LARGE_TENANTS: usize = 2;

/// All tenants of a sandbox. Nothing of what they hold is made yet.
pub(crate) fn tenants(config: SandboxConfig, log: Option<&Arc<crate::state::Log>>) -> Vec<Tenant> {
    let count = config.tenants.clamp(1, SandboxConfig::MAX_TENANTS);
    (0..count)
        .map(|at| Tenant::new(at, Recipe::new(config, at), log.cloned()))
        .collect()
}

/// From what a tenant's data is made, one collection at a time.
#[derive(Debug)]
pub(crate) struct Recipe {
    seed: u64,
    at: usize,
    size: Size,
}

impl Recipe {
    fn new(config: SandboxConfig, at: usize) -> Self {
        let mut recipe = Self {
            seed: config.seed,
            at,
            size: LARGE,
        };
        recipe.size = size(config.scale, at, &mut recipe.random("size"));
        recipe
    }

    fn random(&self, what: &str) -> Random {
        Random::branch(self.seed, &format!("tenant {} {what}", self.at))
    }

    /// Who the tenant is, and the ids of its two first service principals.
    pub(crate) fn identity(&self) -> (TenantSeed, [Uuid; 2]) {
        let mut random = self.random("identity");
        let (display_name, slug) = names::organisation(self.at);
        let seed = TenantSeed {
            tenant_id: random.uuid().to_string(),
            display_name,
            client_id: random.uuid().to_string(),
            client_secret: format!("sandbox~{}", random.alphanumeric(32)),
            domain: format!("{slug}.onmicrosoft.example"),
        };
        (seed, [random.uuid(), random.uuid()])
    }

    pub(crate) fn users(&self) -> usize {
        self.size.users
    }

    pub(crate) fn group_ids(&self) -> Vec<Uuid> {
        ids(groups::generate(
            self.random("groups"),
            self.size.groups,
            String::new(),
        ))
    }

    pub(crate) fn user_ids(&self) -> Vec<Uuid> {
        let domain = &self.identity().0.domain;
        ids(users::generate(&mut self.random("users"), self.size.users, domain).into_iter())
    }

    /// Who is in a group, as generated.
    pub(crate) fn members(&self, group: &str, users: &[Uuid]) -> BTreeSet<String> {
        let mut random = self.random(&format!("members of {}", group.to_ascii_lowercase()));
        (0..random.between(0, 8))
            .filter_map(|_| users.get(random.below(users.len())))
            .map(Uuid::to_string)
            .collect()
    }

    /// Makes the entities of one collection, one after the other; none where the tenant begins with none.
    pub(crate) fn make<'a>(
        &self,
        store: &str,
        tenant: &'a Tenant,
    ) -> Box<dyn Iterator<Item = Value> + 'a> {
        let size = &self.size;
        match store {
            "groups" => Box::new(groups::generate(
                self.random("groups"),
                size.groups,
                tenant.seed.domain.clone(),
            )),
            "deviceManagement/configurationPolicies" => Box::new(settings_catalog::generate(
                self.random("settings catalog"),
                size.settings_catalog_policies,
                tenant.group_ids(),
            )),
            _ => Box::new(self.few(store, tenant).into_iter()),
        }
    }

    /// The entities of the collections that nobody has thousands of.
    fn few(&self, store: &str, tenant: &Tenant) -> Vec<Value> {
        let size = &self.size;
        let seed = &tenant.seed;
        let groups = || tenant.group_ids();
        match store {
            "organization" => vec![organization::generate(
                &mut self.random("organization"),
                seed,
            )],
            "domains" => vec![organization::domain(seed)],
            "users" => users::generate(&mut self.random("users"), size.users, &seed.domain),
            "roleManagement/directory/roleDefinitions" => role_definitions::generate(),
            "identity/conditionalAccess/policies" => {
                access::policies(&mut self.random("access"), groups(), &self.locations())
            }
            "identity/conditionalAccess/namedLocations" => access::locations(&self.locations()),
            "deviceManagement/deviceConfigurations" => device_configurations::generate(
                &mut self.random("device configurations"),
                size.device_configurations,
                groups(),
                &self.filters(),
            ),
            "deviceManagement/deviceCompliancePolicies" => compliance::generate(
                &mut self.random("compliance policies"),
                size.compliance_policies,
                groups(),
            ),
            "deviceManagement/deviceEnrollmentConfigurations" => {
                enrollment::generate(&mut self.random("enrollment"), groups())
            }
            "deviceManagement/managedDevices" => devices::generate(
                &mut self.random("managed devices"),
                size.users,
                tenant.user_ids(),
            ),
            "deviceManagement/deviceManagementScripts" => {
                scripts::powershell(&mut self.random("scripts"), groups())
            }
            "deviceManagement/deviceShellScripts" => {
                scripts::shell(&mut self.random("shell scripts"), groups())
            }
            "deviceManagement/deviceHealthScripts" => {
                scripts::health(&mut self.random("health scripts"), groups())
            }
            "deviceManagement/assignmentFilters" => small::filters(&self.filters()),
            "deviceManagement/roleScopeTags" => small::scope_tags(),
            "deviceManagement/roleDefinitions" => small::intune_roles(),
            "deviceManagement/notificationMessageTemplates" => {
                small::notifications(&mut self.random("notifications"))
            }
            "deviceManagement/reusablePolicySettings" => {
                small::reusable_settings(&mut self.random("reusable settings"))
            }
            "deviceManagement/windowsAutopilotDeploymentProfiles" => {
                applications::autopilot(&mut self.random("autopilot"), groups())
            }
            "deviceAppManagement/managedAppPolicies" => {
                applications::protections(&mut self.random("app protection"), groups())
            }
            _ => Vec::new(),
        }
    }

    /// Ids of the assignment filters, which assignments name.
    fn filters(&self) -> Vec<Uuid> {
        let mut random = self.random("filters");
        (0..3).map(|_| random.uuid()).collect()
    }

    /// Ids of the named locations, which conditional access names.
    fn locations(&self) -> Vec<Uuid> {
        let mut random = self.random("locations");
        (0..3).map(|_| random.uuid()).collect()
    }
}

fn ids(entities: impl Iterator<Item = Value>) -> Vec<Uuid> {
    entities
        .filter_map(|entity| Uuid::parse_str(entity.get("id")?.as_str()?).ok())
        .collect()
}

fn size(scale: Scale, at: usize, random: &mut Random) -> Size {
    if scale == Scale::Large && at < LARGE_TENANTS {
        return LARGE;
    }
    // Every third tenant has more groups than fit on a page.
    let groups = if at % 3 == 1 {
        random.between(110, 240)
    } else {
        random.between(24, 70)
    };
    Size {
        groups,
        device_configurations: random.between(17, 24),
        compliance_policies: random.between(8, 12),
        settings_catalog_policies: random.between(26, 34),
        users: random.between(28, 160),
    }
}
