//! Why the gate refused: stable codes, their class, and what the class allows (L-07, L-18).

use crate::words::words;

words! {
    /// Which kind of refusal this is; decides whether a person may try again.
    pub enum DenialClass {
        /// The person behind the run cannot act any more.
        InitiatorInvalid = "initiator_invalid",
        /// The run's target is outside what the person is entitled to.
        ScopeDenied = "scope_denied",
        /// Entitled, but without the capability.
        CapabilityDenied = "capability_denied",
        /// The tenant takes no such operation at this point of its life.
        TenantNotOperable = "tenant_not_operable",
        /// Something the operation needs is not in order.
        PrerequisiteInvalid = "prerequisite_invalid",
    }
}

words! {
    /// The stable code of a refusal. The list only grows.
    pub enum ReasonCode {
        /// The person who asked no longer exists.
        InitiatorMissing = "initiator_missing",
        /// The person is disabled or no member of the workspace.
        InitiatorNotEntitled = "initiator_not_entitled",
        /// The operation type may not run with system authority.
        SystemAuthorityNotAllowed = "system_authority_not_allowed",
        /// The tenant belongs to another workspace than the run.
        WorkspaceMismatch = "workspace_mismatch",
        /// The tenant no longer exists.
        TenantMissing = "tenant_missing",
        /// The person is no member of the tenant.
        TenantNotEntitled = "tenant_not_entitled",
        /// The person's role does not hold the required capability.
        MissingCapability = "missing_capability",
        /// The tenant's lifecycle does not allow the operation.
        TenantNotOperable = "tenant_not_operable",
        /// The provider connection cannot be used.
        ProviderConnectionInvalid = "provider_connection_invalid",
        /// The write gate is closed.
        WriteGateBlocked = "write_gate_blocked",
        /// Another prerequisite failed; the detail says which.
        ExecutionPrerequisiteInvalid = "execution_prerequisite_invalid",
    }
}

words! {
    /// Which prerequisite failed, where the code alone does not say it.
    pub enum ReasonDetail {
        /// The restore preview no longer describes what would happen.
        PreviewStale = "preview_stale",
        /// The schedule was changed after this slot was queued.
        ScheduleRevisionStale = "schedule_revision_stale",
        /// The bulk that the run is a part of was over before the run started.
        BulkOver = "bulk_over",
        /// The run's own context cannot be read.
        ContextInvalid = "context_invalid",
        /// There is no provider connection.
        ConnectionMissing = "provider_connection_missing",
        /// The provider connection is switched off.
        ConnectionDisabled = "provider_connection_disabled",
        /// Nobody has consented for this connection, or consent was withdrawn.
        ConsentMissing = "provider_consent_missing",
        /// The connection has no stored credential.
        CredentialMissing = "provider_credential_missing",
        /// The last verification did not find the connection usable.
        NotVerified = "provider_not_verified",
    }
}

impl ReasonCode {
    /// The class a code belongs to.
    pub const fn class(self) -> DenialClass {
        match self {
            Self::InitiatorMissing
            | Self::InitiatorNotEntitled
            | Self::SystemAuthorityNotAllowed => DenialClass::InitiatorInvalid,
            Self::WorkspaceMismatch | Self::TenantMissing | Self::TenantNotEntitled => {
                DenialClass::ScopeDenied
            }
            Self::MissingCapability => DenialClass::CapabilityDenied,
            Self::TenantNotOperable => DenialClass::TenantNotOperable,
            Self::ProviderConnectionInvalid
            | Self::WriteGateBlocked
            | Self::ExecutionPrerequisiteInvalid => DenialClass::PrerequisiteInvalid,
        }
    }
}

impl DenialClass {
    /// Whether a person may try again once the cause is gone (L-07).
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::InitiatorInvalid | Self::ScopeDenied | Self::CapabilityDenied => false,
            Self::TenantNotOperable | Self::PrerequisiteInvalid => true,
        }
    }

    /// What the class is called beside the badge.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InitiatorInvalid => "Initiator",
            Self::ScopeDenied => "Scope",
            Self::CapabilityDenied => "Capability",
            Self::TenantNotOperable => "Tenant not operable",
            Self::PrerequisiteInvalid => "Prerequisite",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l07_the_class_decides_retryability() {
        let retryable: Vec<_> = ReasonCode::ALL
            .iter()
            .filter(|code| code.class().is_retryable())
            .map(|code| code.as_str())
            .collect();
        assert_eq!(
            retryable,
            [
                "tenant_not_operable",
                "provider_connection_invalid",
                "write_gate_blocked",
                "execution_prerequisite_invalid",
            ]
        );
    }
}
