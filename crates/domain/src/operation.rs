//! The catalog of operation types: the one place that says what each is.

use crate::{
    capability::Capability, lifecycle::Operability, retry::RetryPolicy, run::AuthorityMode,
    summary::CountKey, words::words,
};

mod bulk;
mod laboratory;

words! {
    /// An operation a run can be of. Dotted codes are the only names written.
    pub enum OperationType {
        /// Verifies that a provider connection can be used.
        ConnectionCheck = "provider.connection.check",
        /// Reads a tenant's groups and policies into the inventory.
        InventorySync = "inventory.sync",
        /// Has the connections of many tenants verified, each by a run of its own.
        BulkConnectionCheck = "bulk.connection_check",
        /// Does nothing, so that what surrounds a run can be measured.
        LabNoop = "lab.noop",
        /// Changes descriptions of device configurations, so that writing can be tried under faults.
        LabWrite = "lab.write",
    }
}

words! {
    /// In which databases an operation type exists.
    pub enum Habitat {
        /// In every one.
        Product = "product",
        /// Only in one that a benchmark or a trial of faults has made for itself.
        Laboratory = "laboratory",
    }
}

impl Habitat {
    /// Whether a database of this kind knows an operation type.
    pub fn knows(self, operation: OperationType) -> bool {
        self == Self::Laboratory || operation.spec().habitat == Self::Product
    }
}

/// What the runs of an operation belong to, and so whose membership is asked for the capability (V-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationScope {
    /// A tenant; without one the gate refuses.
    Tenant,
    /// The workspace itself; with a tenant the gate refuses.
    Workspace,
}

/// What an operation needs of the tenant's provider connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionNeed {
    /// Nothing: it calls no provider.
    NotNeeded,
    /// Enabled, with a credential.
    Configured,
    /// That, consented, and found usable by a verification.
    Verified,
}

/// Whether a prerequisite is part of an operation at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The operation does not know it; the gate records `not_applicable`.
    NotNeeded,
    /// The gate must find it in order.
    Needed,
}

/// Whether an operation changes something at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderEffect {
    /// Reads alone.
    Reads,
    /// Writes; needs intents and the write gate.
    Writes,
}

/// Everything the rest of the program asks about an operation type.
#[derive(Debug)]
pub struct OperationSpec {
    /// Which type this describes.
    pub operation: OperationType,
    /// What it is called on pages.
    pub label: &'static str,
    /// What pressing its start button means, as a verb.
    pub start_label: &'static str,
    /// In which databases it exists.
    pub habitat: Habitat,
    /// Which job family it belongs to (L-11).
    pub family: &'static str,
    /// What its runs belong to.
    pub scope: OperationScope,
    /// Of which type the runs are that it asks for, one a tenant, if that is what it does.
    pub children: Option<OperationType>,
    /// What a person needs to start it; asked again when it starts.
    pub start_capability: Capability,
    /// What a person needs to view its runs.
    pub view_capability: Capability,
    /// In whose name it may run; `system_authority` here is the system allow-list (L-06).
    pub authority_modes: &'static [AuthorityMode],
    /// Whether it changes something at the provider.
    pub effect: ProviderEffect,
    /// How often a run is tried again by itself after a failure that passes; never for one that writes.
    pub retry: RetryPolicy,
    /// Which summary counts its runs may carry.
    pub count_keys: &'static [CountKey],
    /// How long a run usually takes, in seconds; only ever shown as an estimate.
    pub expected_seconds: u32,
    /// Types of one group exclude each other on a tenant's connection.
    pub exclusion_group: Option<&'static str>,
    /// At which points of a tenant's life it may run (L-17); not asked of what works in no tenant.
    pub operability: Operability,
    /// What it needs of the provider connection.
    pub connection: ConnectionNeed,
    /// Whether the write gate guards it (B-06).
    pub write_gate: Need,
    /// Whether it executes a restore preview.
    pub preview: Need,
    /// Whether it fills a slot of a schedule.
    pub schedule: Need,
}

static CONNECTION_CHECK: OperationSpec = OperationSpec {
    operation: OperationType::ConnectionCheck,
    label: "Connection check",
    start_label: "Verify connection",
    habitat: Habitat::Product,
    family: "provider connection check",
    scope: OperationScope::Tenant,
    children: None,
    start_capability: Capability::ProvidersRun,
    view_capability: Capability::OperationsView,
    authority_modes: &[AuthorityMode::ActorBound],
    effect: ProviderEffect::Reads,
    retry: RetryPolicy::SOON,
    count_keys: &[
        CountKey::Total,
        CountKey::Processed,
        CountKey::Succeeded,
        CountKey::Failed,
        CountKey::Skipped,
    ],
    expected_seconds: 5,
    exclusion_group: Some("provider_connection"),
    operability: Operability::OnboardingToo,
    connection: ConnectionNeed::Configured,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
};

static INVENTORY_SYNC: OperationSpec = OperationSpec {
    operation: OperationType::InventorySync,
    label: "Inventory sync",
    start_label: "Sync inventory",
    habitat: Habitat::Product,
    family: "inventory sync",
    scope: OperationScope::Tenant,
    children: None,
    start_capability: Capability::InventorySync,
    view_capability: Capability::InventoryView,
    authority_modes: &[AuthorityMode::ActorBound, AuthorityMode::SystemAuthority],
    effect: ProviderEffect::Reads,
    retry: RetryPolicy::PATIENT,
    count_keys: &[
        CountKey::Total,
        CountKey::Processed,
        CountKey::Succeeded,
        CountKey::Failed,
        CountKey::Skipped,
        CountKey::Objects,
    ],
    expected_seconds: 20,
    exclusion_group: Some("provider_connection"),
    operability: Operability::ActiveOnly,
    connection: ConnectionNeed::Verified,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
};

impl OperationType {
    /// What the catalog says about this type.
    pub fn spec(self) -> &'static OperationSpec {
        match self {
            Self::ConnectionCheck => &CONNECTION_CHECK,
            Self::InventorySync => &INVENTORY_SYNC,
            Self::BulkConnectionCheck => &bulk::CONNECTION_CHECK,
            Self::LabNoop => &laboratory::NOOP,
            Self::LabWrite => &laboratory::WRITE,
        }
    }

    /// The types that a database knows.
    pub fn known_in(habitat: Habitat) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |operation| habitat.knows(*operation))
    }

    /// The type with this code, if a database knows it.
    pub fn parse_in(habitat: Habitat, code: &str) -> Option<Self> {
        Self::parse(code).filter(|operation| habitat.knows(*operation))
    }

    /// Whether its runs belong to a tenant, so that a tenant's page can start one.
    pub fn is_of_tenant(self) -> bool {
        self.spec().scope == OperationScope::Tenant
    }

    /// Whether the type is on the system allow-list (L-06).
    pub fn allows_system_authority(self) -> bool {
        self.spec()
            .authority_modes
            .contains(&AuthorityMode::SystemAuthority)
    }
}

/// What an operation code is called on pages; a code nobody knows is shown as it is.
pub fn label_of(code: &str) -> String {
    OperationType::parse(code).map_or_else(
        || code.to_owned(),
        |operation| operation.spec().label.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_database_knows_no_type_of_the_laboratory() {
        let known: Vec<_> = OperationType::known_in(Habitat::Product).collect();
        assert!(!known.is_empty() && known.iter().all(|o| !o.as_str().starts_with("lab.")));
        assert_eq!(OperationType::parse_in(Habitat::Product, "lab.noop"), None);
        assert_eq!(
            OperationType::parse_in(Habitat::Laboratory, "lab.noop"),
            Some(OperationType::LabNoop)
        );
        assert_eq!(
            OperationType::known_in(Habitat::Laboratory).count(),
            OperationType::ALL.len()
        );
    }

    #[test]
    fn l09_what_asks_for_other_runs_belongs_to_the_workspace_and_they_to_tenants() {
        for operation in OperationType::ALL {
            let spec = operation.spec();
            let asks = spec.children.is_some();
            assert_eq!(asks, spec.scope == OperationScope::Workspace, "{operation}");
            assert_eq!(asks, spec.connection == ConnectionNeed::NotNeeded);
            assert!(spec.children.is_none_or(OperationType::is_of_tenant));
        }
    }

    #[test]
    fn r04_every_type_has_an_entry_of_its_own() {
        for operation in OperationType::ALL {
            assert_eq!(operation.spec().operation, *operation);
            assert!(
                operation
                    .spec()
                    .authority_modes
                    .contains(&AuthorityMode::ActorBound)
            );
        }
    }
    #[test]
    fn l08_what_writes_is_not_tried_again_by_itself() {
        for operation in OperationType::ALL {
            let spec = operation.spec();
            let writes = spec.effect == ProviderEffect::Writes;
            assert!(!writes || spec.retry == RetryPolicy::NEVER, "{operation}");
        }
    }
}
