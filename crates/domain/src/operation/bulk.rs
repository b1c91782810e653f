//! Operation types whose work is to ask for the same in many tenants.

use super::{
    ConnectionNeed, Habitat, Need, OperationScope, OperationSpec, OperationType, ProviderEffect,
};
use crate::{
    capability::Capability, lifecycle::Operability, retry::RetryPolicy, run::AuthorityMode,
    summary::CountKey,
};

/// Asks for a connection check in each chosen tenant, and waits for them.
pub(super) static CONNECTION_CHECK: OperationSpec = OperationSpec {
    operation: OperationType::BulkConnectionCheck,
    label: "Bulk verification",
    start_label: "Verify tenants",
    habitat: Habitat::Product,
    family: "bulk orchestrator",
    scope: OperationScope::Workspace,
    children: Some(OperationType::ConnectionCheck),
    start_capability: Capability::OperationsStart,
    view_capability: Capability::OperationsView,
    authority_modes: &[AuthorityMode::ActorBound],
    effect: ProviderEffect::Reads,
    // What did not succeed is tried again by a person, who sees which items that are.
    retry: RetryPolicy::NEVER,
    count_keys: &[
        CountKey::Total,
        CountKey::Processed,
        CountKey::Succeeded,
        CountKey::Failed,
        CountKey::Skipped,
        CountKey::Blocked,
    ],
    expected_seconds: 60,
    exclusion_group: None,
    operability: Operability::ActiveOnly,
    connection: ConnectionNeed::NotNeeded,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
};
