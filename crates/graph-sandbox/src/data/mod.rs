//! Sample data that follows from the seed: believable, and the same every time.

mod compliance;
mod device_configurations;
mod groups;
mod names;
mod organization;
mod parts;
mod role_definitions;
mod settings_catalog;

use std::collections::HashMap;

use crate::config::{SandboxConfig, Scale, TenantSeed};
use crate::random::Random;
use crate::state::{Tenant, keyed};

/// How many of each thing a tenant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    groups: usize,
    device_configurations: usize,
    compliance_policies: usize,
    settings_catalog_policies: usize,
}

/// 5,000 groups and 800 policies.
const LARGE: Size = Size {
    groups: 5_000,
    device_configurations: 160,
    compliance_policies: 40,
    settings_catalog_policies: 600,
};

/// How many tenants of a large sandbox are large.
const LARGE_TENANTS: usize = 2;

/// All tenants of a sandbox.
pub(crate) fn tenants(config: SandboxConfig) -> Vec<Tenant> {
    let count = config.tenants.clamp(1, SandboxConfig::MAX_TENANTS);
    (0..count).map(|at| tenant(config, at)).collect()
}

fn tenant(config: SandboxConfig, at: usize) -> Tenant {
    let random = |what: &str| Random::branch(config.seed, &format!("tenant {at} {what}"));
    let mut identity = random("identity");
    let (display_name, slug) = names::organisation(at);
    let seed = TenantSeed {
        tenant_id: identity.uuid().to_string(),
        display_name,
        client_id: identity.uuid().to_string(),
        client_secret: format!("sandbox~{}", identity.alphanumeric(32)),
        domain: format!("{slug}.onmicrosoft.example"),
    };
    let principals = [identity.uuid(), identity.uuid()];
    let size = size(config.scale, at, &mut random("size"));
    let groups = groups::generate(&mut random("groups"), size.groups);
    let group_ids: Vec<String> = groups
        .iter()
        .filter_map(|group| group.get("id")?.as_str().map(str::to_owned))
        .collect();
    let configurations = device_configurations::generate(
        &mut random("device configurations"),
        size.device_configurations,
        &group_ids,
    );
    let compliance = compliance::generate(
        &mut random("compliance policies"),
        size.compliance_policies,
        &group_ids,
    );
    let catalog = settings_catalog::generate(
        &mut random("settings catalog"),
        size.settings_catalog_policies,
        &group_ids,
    );
    let data = HashMap::from([
        (
            "organization",
            keyed([organization::generate(&mut random("organization"), &seed)]),
        ),
        ("groups", keyed(groups)),
        (
            "roleManagement/directory/roleDefinitions",
            keyed(role_definitions::generate()),
        ),
        (
            "deviceManagement/deviceConfigurations",
            keyed(configurations),
        ),
        (
            "deviceManagement/deviceCompliancePolicies",
            keyed(compliance),
        ),
        ("deviceManagement/configurationPolicies", keyed(catalog)),
    ]);
    Tenant::new(seed, principals, data)
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
    }
}
