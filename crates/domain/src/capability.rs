//! What a person may do, and the one place where roles are turned into that (V-17).

use crate::words::words;

words! {
    /// One thing a person may do in a workspace or a tenant.
    pub enum Capability {
        /// See a tenant and its pages.
        TenantView = "tenant.core.view",
        /// See operation runs.
        OperationsView = "operations.view",
        /// Start operations in general.
        OperationsStart = "operations.start",
        /// See provider connections.
        ProvidersView = "providers.view",
        /// Run operations against a provider connection.
        ProvidersRun = "providers.run_ops",
        /// Change provider connections.
        ProvidersManage = "providers.manage",
        /// See the inventory.
        InventoryView = "inventory.view",
        /// Run an inventory sync.
        InventorySync = "inventory.sync",
        /// See policies.
        PoliciesView = "policies.view",
        /// Run a policy sync.
        PoliciesSync = "policies.sync",
        /// Change backup sets and schedules.
        BackupsManage = "backups.manage",
        /// Execute a restore.
        RestoreExecute = "restore.execute",
        /// Change settings.
        SettingsManage = "settings.manage",
        /// Add tenants to a workspace.
        TenantsCreate = "tenants.create",
        /// Add, change and remove members.
        MembersManage = "members.manage",
        /// Replace provider credentials.
        CredentialsRotate = "credentials.rotate",
        /// Archive and reactivate a tenant.
        DangerZone = "danger_zone",
    }
}

words! {
    /// What a membership makes of a person; only this module knows what that means.
    pub enum Role {
        /// May do everything, members and archiving among it.
        Owner = "owner",
        /// Runs the tenant, without its members and credentials.
        Manager = "manager",
        /// Starts the daily operations.
        Operator = "operator",
        /// Looks, and changes nothing.
        Readonly = "readonly",
    }
}

const READONLY: &[Capability] = &[
    Capability::TenantView,
    Capability::OperationsView,
    Capability::ProvidersView,
];
const OPERATOR: &[Capability] = &[
    Capability::InventoryView,
    Capability::InventorySync,
    Capability::PoliciesView,
    Capability::PoliciesSync,
    Capability::ProvidersRun,
    Capability::OperationsStart,
];
const MANAGER: &[Capability] = &[
    Capability::ProvidersManage,
    Capability::BackupsManage,
    Capability::RestoreExecute,
    Capability::SettingsManage,
];
const OWNER: &[Capability] = &[
    Capability::TenantsCreate,
    Capability::MembersManage,
    Capability::CredentialsRotate,
    Capability::DangerZone,
];

impl Role {
    /// Whether the role holds a capability, where its membership stands (V-16: nothing is inherited).
    pub fn holds(self, capability: Capability) -> bool {
        self.grants().iter().any(|set| set.contains(&capability))
    }

    fn grants(self) -> &'static [&'static [Capability]] {
        match self {
            Self::Readonly => &[READONLY],
            Self::Operator => &[READONLY, OPERATOR],
            Self::Manager => &[READONLY, OPERATOR, MANAGER],
            Self::Owner => &[READONLY, OPERATOR, MANAGER, OWNER],
        }
    }

    /// The roles that hold a capability, most powerful first.
    pub fn holding(capability: Capability) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |role| role.holds(capability))
    }

    /// What the role is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Manager => "Manager",
            Self::Operator => "Operator",
            Self::Readonly => "Read-only",
        }
    }

    /// The role whose members can hand out others.
    pub const fn is_last_guarded(self) -> bool {
        matches!(self, Self::Owner)
    }
}

impl Capability {
    /// What a person would call this capability.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TenantView => "View tenant",
            Self::OperationsView => "View operations",
            Self::OperationsStart => "Start operations",
            Self::ProvidersView => "View provider connections",
            Self::ProvidersRun => "Run provider operations",
            Self::ProvidersManage => "Manage provider connections",
            Self::InventoryView => "View inventory",
            Self::InventorySync => "Run inventory sync",
            Self::PoliciesView => "View policies",
            Self::PoliciesSync => "Run policy sync",
            Self::BackupsManage => "Manage backups",
            Self::RestoreExecute => "Execute restores",
            Self::SettingsManage => "Manage settings",
            Self::TenantsCreate => "Add tenants",
            Self::MembersManage => "Manage members",
            Self::CredentialsRotate => "Rotate credentials",
            Self::DangerZone => "Archive and reactivate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v17_roles_map_to_capabilities() {
        let mut lines = String::new();
        for capability in Capability::ALL {
            lines.push_str(capability.as_str());
            for role in Role::ALL {
                lines.push_str(if role.holds(*capability) { " x" } else { " -" });
            }
            lines.push('\n');
        }
        assert_eq!(
            lines,
            include_str!("../../../specs/golden/capability-matrix.txt")
        );
    }
}
