//! Operation types for measuring and for trials of faults; no product database knows them.

use super::{
    ConnectionNeed, Habitat, Need, OperationScope, OperationSpec, OperationType, ProviderEffect,
};
use crate::{
    capability::Capability, lifecycle::Operability, retry::RetryPolicy, run::AuthorityMode,
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
    count_keys: &[],
    expected_seconds: 1,
    exclusion_group: None,
    operability: Operability::ActiveOnly,
    connection: ConnectionNeed::Verified,
    write_gate: Need::NotNeeded,
    preview: Need::NotNeeded,
    schedule: Need::NotNeeded,
    retry: RetryPolicy::NEVER,
};
