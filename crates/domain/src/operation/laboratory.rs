//! Operation types for measuring and for trials of faults; no product database knows them.

use super::{
    ConnectionNeed, Habitat, Need, OperationScope, OperationSpec, OperationType, ProviderEffect,
};
use crate::{
    capability::Capability, lifecycle::Operability, retry::RetryPolicy, run::AuthorityMode,
    summary::CountKey,
};

/// Asks the gate for all that a sync asks it for, and then does nothing.
pub(super) static NOOP: OperationSpec = OperationSpec {
    operation: OperationType::LabNoop,
    label: "Laboratory: nothing",
    start_label: "Do nothing",
    habitat: Habitat::Laboratory,
    family: "laboratory",
    scope: OperationScope::Tenant,
    children: None,
    start_capability: Capability::OperationsStart,
    view_capability: Capability::OperationsView,
    authority_modes: &[AuthorityMode::ActorBound],
    effect: ProviderEffect::Reads,
    retry: RetryPolicy::NEVER,
    count_keys: &[],
    expected_seconds: 1,
    exclusion_group: None,
    operability: Operability::ActiveOnly,
    connection: ConnectionNeed::Verified,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
};

/// Changes as many objects as it was asked to, one after the other, each with its intent.
pub(super) static WRITE: OperationSpec = OperationSpec {
    operation: OperationType::LabWrite,
    label: "Laboratory: writes",
    start_label: "Write",
    habitat: Habitat::Laboratory,
    family: "laboratory",
    scope: OperationScope::Tenant,
    children: None,
    start_capability: Capability::OperationsStart,
    view_capability: Capability::OperationsView,
    authority_modes: &[AuthorityMode::ActorBound],
    effect: ProviderEffect::Writes,
    count_keys: &[
        CountKey::Total,
        CountKey::Processed,
        CountKey::Succeeded,
        CountKey::Failed,
        CountKey::Skipped,
    ],
    retry: RetryPolicy::NEVER,
    expected_seconds: 30,
    exclusion_group: None,
    operability: Operability::ActiveOnly,
    connection: ConnectionNeed::Verified,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
};
