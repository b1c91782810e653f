//! The kinds of objects an inventory holds; how each is read stands in its contract.

use graph::{Contract, GraphError, contract};

/// One kind of object in the inventory; its key is the contract's.
pub(crate) struct Kind {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    need: Need,
}

/// Whether an inventory without this kind is whole.
#[derive(PartialEq, Eq)]
enum Need {
    /// What everybody has, and what the connection check insists on.
    Core,
    /// Left out, and said to be, where the application may not read it or the tenant has no licence for it.
    IfAllowed,
}

const fn core(key: &'static str, label: &'static str) -> Kind {
    let need = Need::Core;
    Kind { key, label, need }
}

const fn if_allowed(key: &'static str, label: &'static str) -> Kind {
    let need = Need::IfAllowed;
    Kind { key, label, need }
}

/// Everything an inventory sync reads, in this order.
///
/// The two of Conditional Access stand apart: the provider takes one call a second there.
pub(crate) static KINDS: &[Kind] = &[
    core("groups", "Groups"),
    core("device_configurations", "Device configurations"),
    core("compliance_policies", "Compliance policies"),
    core("settings_catalog", "Settings catalog policies"),
    if_allowed("conditional_access", "Conditional access policies"),
    if_allowed("directory_roles", "Directory roles"),
    if_allowed("enrollment_configurations", "Enrollment configurations"),
    if_allowed("powershell_scripts", "PowerShell scripts"),
    if_allowed("shell_scripts", "Shell scripts"),
    if_allowed("health_scripts", "Remediations"),
    if_allowed("assignment_filters", "Assignment filters"),
    if_allowed("scope_tags", "Scope tags"),
    if_allowed("notification_templates", "Notification templates"),
    if_allowed("intune_roles", "Intune roles"),
    if_allowed("reusable_settings", "Reusable settings"),
    if_allowed("app_protection", "App protection policies"),
    if_allowed("autopilot_profiles", "Autopilot profiles"),
    if_allowed("managed_devices", "Managed devices"),
    if_allowed("named_locations", "Named locations"),
];

impl Kind {
    /// How it is read.
    pub(crate) fn contract(&self) -> Result<&'static Contract, GraphError> {
        contract(self.key).ok_or(GraphError::Misconfigured {
            what: "no contract for this type",
        })
    }

    /// Whether an inventory is whole without it, for this reason.
    pub(crate) fn may_be_left_out(&self, error: &GraphError) -> bool {
        let refused = matches!(
            error,
            GraphError::PermissionDenied { .. } | GraphError::NotLicensed { .. }
        );
        refused && self.need == Need::IfAllowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p05_every_kind_has_a_contract_that_names_it_the_same() {
        for kind in KINDS {
            let contract = kind.contract().unwrap();
            assert_eq!(contract.label, kind.label);
            assert!(contract.first_page("x").is_some(), "{}", kind.key);
        }
    }
}
