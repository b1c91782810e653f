//! The kinds of objects an inventory holds; how each is read stands in its contract.

use graph::{Contract, GraphError, contract};

/// One kind of object in the inventory; its key is the contract's.
pub(crate) struct Kind {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    need: Need,
    company: Company,
}

/// How its first page is asked for.
#[derive(PartialEq, Eq)]
enum Company {
    /// In a request of its own.
    Alone,
    /// In one request with the others that have few objects, as a rule a page or none.
    Small,
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
    Kind {
        key,
        label,
        need: Need::Core,
        company: Company::Alone,
    }
}

const fn if_allowed(key: &'static str, label: &'static str) -> Kind {
    Kind {
        need: Need::IfAllowed,
        ..core(key, label)
    }
}

const fn small(key: &'static str, label: &'static str) -> Kind {
    Kind {
        company: Company::Small,
        ..if_allowed(key, label)
    }
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
    small("directory_roles", "Directory roles"),
    small("enrollment_configurations", "Enrollment configurations"),
    small("powershell_scripts", "PowerShell scripts"),
    small("shell_scripts", "Shell scripts"),
    small("health_scripts", "Remediations"),
    small("assignment_filters", "Assignment filters"),
    small("scope_tags", "Scope tags"),
    small("notification_templates", "Notification templates"),
    small("intune_roles", "Intune roles"),
    small("reusable_settings", "Reusable settings"),
    small("app_protection", "App protection policies"),
    small("autopilot_profiles", "Autopilot profiles"),
    small("managed_devices", "Managed devices"),
    if_allowed("named_locations", "Named locations"),
];

impl Kind {
    /// How it is read.
    pub(crate) fn contract(&self) -> Result<&'static Contract, GraphError> {
        contract(self.key).ok_or(GraphError::Misconfigured {
            what: "no contract for this type",
        })
    }

    /// Whether its first page is asked for together with those of others.
    pub(crate) fn is_small(&self) -> bool {
        self.company == Company::Small
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
