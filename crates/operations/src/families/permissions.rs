//! What the application must hold for what, from the contracts: what is needed, what is there, what is missing.

use domain::{
    operation::OperationType,
    verification::{CheckReason, Severity, VerificationCheck},
};
use graph::{Permissions, contract};

use super::report::{Subject, evidence};

/// A check of the permissions that some kinds of objects need; the first kind's contract names them.
struct PermissionCheck {
    subject: Subject,
    kinds: &'static [&'static str],
    for_what: &'static str,
}

const fn check(
    key: &'static str,
    title: &'static str,
    blocking: bool,
    kinds: &'static [&'static str],
    for_what: &'static str,
) -> PermissionCheck {
    let severity = if blocking {
        Severity::High
    } else {
        Severity::Medium
    };
    PermissionCheck {
        subject: Subject {
            key,
            title,
            severity,
            blocking,
        },
        kinds,
        for_what,
    }
}

static CHECKS: &[PermissionCheck] = &[
    check(
        "permissions.directory_groups",
        "Read groups",
        true,
        &["groups"],
        "the inventory of groups",
    ),
    check(
        "permissions.intune_configuration",
        "Read Intune configuration",
        true,
        &[
            "device_configurations",
            "compliance_policies",
            "settings_catalog",
            "assignment_filters",
            "reusable_settings",
        ],
        "device configurations, compliance policies, the settings catalog, filters and reusable settings",
    ),
    check(
        "permissions.intune_apps",
        "Read Intune apps",
        false,
        &["app_protection"],
        "app protection policies",
    ),
    check(
        "permissions.intune_rbac_assignments",
        "Read Intune roles and scope tags",
        false,
        &["intune_roles", "scope_tags"],
        "scope tags and Intune roles",
    ),
    check(
        "permissions.scripts_remediations",
        "Read scripts and remediations",
        false,
        &["powershell_scripts", "shell_scripts", "health_scripts"],
        "scripts and remediations",
    ),
    check(
        "permissions.intune_service",
        "Read enrollment and notifications",
        false,
        &[
            "enrollment_configurations",
            "notification_templates",
            "autopilot_profiles",
        ],
        "enrollment configurations, notification templates and Autopilot profiles",
    ),
    check(
        "permissions.managed_devices",
        "Read managed devices",
        false,
        &["managed_devices"],
        "the compliance of managed devices",
    ),
    check(
        "permissions.directory_roles",
        "Read directory roles",
        false,
        &["directory_roles"],
        "directory roles",
    ),
    check(
        "permissions.conditional_access",
        "Read Conditional Access",
        false,
        &["conditional_access", "named_locations"],
        "conditional access policies and named locations",
    ),
];

impl PermissionCheck {
    fn needed(&self) -> Option<Permissions> {
        contract(self.kinds.first()?)?.read.known()
    }

    fn report(&self, roles: &[String]) -> VerificationCheck {
        let Some(needed) = self.needed() else {
            return self.subject.skip("Nobody vouches for what this needs.");
        };
        let missing = needed.missing(roles);
        let mut check = if missing.is_empty() {
            let held: Vec<&str> = needed
                .all()
                .filter(|name| roles.iter().any(|role| role == name))
                .collect();
            self.subject
                .pass(format!("{} is granted.", held.join(", ")))
        } else {
            let names = missing.join(" and ");
            self.subject.issue(
                CheckReason::PermissionDenied,
                format!("No permission for {} is granted.", self.for_what),
                format!("Grant {names} to the application and consent to it, then verify again."),
            )
        };
        let sync = OperationType::InventorySync.as_str();
        check.evidence.push(evidence("needed_by", sync));
        for need in needed.needs() {
            check
                .evidence
                .push(evidence("any_one_of", &need.join(", ")));
        }
        for name in missing {
            check.evidence.push(evidence("missing", name));
        }
        check
    }
}

/// What these granted permissions are enough for, check by check.
pub(super) fn checks(roles: &[String]) -> impl Iterator<Item = VerificationCheck> {
    CHECKS.iter().map(|check| check.report(roles))
}

/// The same, when no token was had to look into.
pub(super) fn not_asked() -> impl Iterator<Item = VerificationCheck> {
    let skipped =
        |check: &PermissionCheck| check.subject.skip("Not asked, because the sign-in failed.");
    CHECKS.iter().map(skipped)
}

/// The permissions to grant, the least of each check, with what each is for and whether it must be there.
pub(crate) fn permissions_to_grant() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    CHECKS.iter().flat_map(|check| {
        let least = check.needed().into_iter().flat_map(Permissions::least);
        least.map(|name| (name, check.for_what, check.subject.blocking))
    })
}

#[cfg(test)]
mod tests {
    use domain::verification::CheckStatus;

    use super::super::kinds::KINDS;
    use super::*;

    #[test]
    fn p03_the_checks_cover_every_kind_of_the_inventory_with_what_its_contract_needs() {
        for kind in KINDS {
            let of_it = |check: &&PermissionCheck| check.kinds.contains(&kind.key);
            let check = CHECKS.iter().find(of_it).unwrap();
            assert_eq!(
                check.needed(),
                kind.contract().unwrap().read.known(),
                "{}",
                kind.key
            );
        }
    }

    #[test]
    fn p03_a_report_says_what_is_needed_held_and_missing() {
        let roles = ["Group.Read.All".to_owned()];
        let reports: Vec<_> = checks(&roles).collect();
        let groups = &reports[0];
        assert_eq!(groups.status, CheckStatus::Pass);
        assert_eq!(groups.message, "Group.Read.All is granted.");
        let configuration = &reports[1];
        assert_eq!(configuration.status, CheckStatus::Fail);
        let missing = evidence("missing", "DeviceManagementConfiguration.Read.All");
        assert!(configuration.evidence.contains(&missing));
        let needed = evidence("needed_by", "inventory.sync");
        assert!(configuration.evidence.contains(&needed));
        assert_eq!(permissions_to_grant().count(), CHECKS.len());
    }
}
