//! Intune: policies and what they lean on.

use super::{
    APPROVALS, ASSIGNMENTS, BETA, Collection, FILTERS, INTUNE_PAGES, Link, Navigation, PLAIN,
    Paging, SMALL_PAGES, Top, permissions, writes,
};
use crate::errors::Family;

const ACTION_CONFIGURATIONS: &[Navigation] = &[Navigation {
    name: "scheduledActionConfigurations",
    paging: SMALL_PAGES,
    navigation: &[],
}];

pub(super) const INTUNE: Collection = Collection {
    family: Family::Intune,
    read: permissions::CONFIGURATION,
    paging: INTUNE_PAGES,
    ..PLAIN
};

/// A large `$top` is passed over and the next page has a number.
const NUMBERED_PAGES: Paging = Paging {
    top: Top::Ignored,
    link: Link::Skip,
    ..INTUNE_PAGES
};

const APP_POLICIES: &str = "deviceAppManagement/managedAppPolicies";
const APP_POLICY: Collection = Collection {
    read: permissions::APPS,
    paging: NUMBERED_PAGES,
    navigation: &[ASSIGNMENTS],
    beta_only: &["roleScopeTagIds"],
    ..INTUNE
};

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: "deviceManagement/deviceConfigurations",
        kind: "deviceConfiguration",
        navigation: &[ASSIGNMENTS],
        beta_only: &[
            "roleScopeTagIds",
            "supportsScopeTags",
            "airDropBlocked",
            "defenderSecurityCenterDisableHealthUI",
        ],
        writes: Some(&writes::DEVICE_CONFIGURATION),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/deviceCompliancePolicies",
        kind: "deviceCompliancePolicy",
        navigation: &[
            ASSIGNMENTS,
            Navigation {
                name: "scheduledActionsForRule",
                paging: SMALL_PAGES,
                navigation: ACTION_CONFIGURATIONS,
            },
        ],
        beta_only: &["roleScopeTagIds", "defenderEnabled"],
        writes: Some(&writes::COMPLIANCE),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/configurationPolicies",
        kind: "deviceManagementConfigurationPolicy",
        versions: BETA,
        navigation: &[
            ASSIGNMENTS,
            Navigation {
                name: "settings",
                paging: SMALL_PAGES,
                navigation: &[],
            },
        ],
        writes: Some(&writes::SETTINGS_CATALOG),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/deviceEnrollmentConfigurations",
        kind: "deviceEnrollmentConfiguration",
        read: permissions::SERVICE_CONFIG,
        paging: Paging {
            link: Link::Skip,
            ..INTUNE_PAGES
        },
        navigation: &[ASSIGNMENTS],
        beta_only: &[
            "roleScopeTagIds",
            "deviceEnrollmentConfigurationType",
            "allowDeviceResetOnInstallFailure",
            "blockDeviceSetupRetryByUser",
            "installProgressTimeoutInMinutes",
            "showInstallationProgress",
        ],
        beta_types: &["#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration"],
        writes: Some(&writes::ENROLLMENT),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/managedDevices",
        kind: "managedDevice",
        read: permissions::MANAGED_DEVICES,
        ..INTUNE
    },
    Collection {
        path: FILTERS,
        kind: "deviceAndAppManagementAssignmentFilter",
        versions: BETA,
        writes: Some(&writes::FILTER),
        detail: &["payloads"],
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/roleScopeTags",
        kind: "roleScopeTag",
        versions: BETA,
        read: permissions::RBAC,
        navigation: &[ASSIGNMENTS],
        writes: Some(&writes::SCOPE_TAG),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/roleDefinitions",
        kind: "roleDefinition",
        read: permissions::RBAC,
        navigation: &[Navigation {
            name: "roleAssignments",
            paging: SMALL_PAGES,
            navigation: &[],
        }],
        beta_only: &["roleScopeTagIds", "isBuiltInRoleDefinition"],
        writes: Some(&writes::INTUNE_ROLE),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/notificationMessageTemplates",
        kind: "notificationMessageTemplate",
        read: permissions::SERVICE_CONFIG,
        navigation: &[Navigation {
            name: "localizedNotificationMessages",
            paging: SMALL_PAGES,
            navigation: &[],
        }],
        beta_only: &["roleScopeTagIds"],
        writes: Some(&writes::NOTIFICATION),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/reusablePolicySettings",
        kind: "deviceManagementReusablePolicySetting",
        versions: BETA,
        detail: &["settingInstance"],
        writes: Some(&writes::REUSABLE_SETTING),
        ..INTUNE
    },
    Collection {
        path: "deviceManagement/windowsAutopilotDeploymentProfiles",
        kind: "windowsAutopilotDeploymentProfile",
        versions: BETA,
        read: permissions::SERVICE_CONFIG,
        navigation: &[ASSIGNMENTS],
        writes: Some(&writes::AUTOPILOT),
        ..INTUNE
    },
    Collection {
        path: APPROVALS,
        kind: "operationApprovalRequest",
        versions: BETA,
        read: permissions::APPROVALS,
        ..INTUNE
    },
    Collection {
        path: APP_POLICIES,
        kind: "managedAppPolicy",
        writes: Some(&writes::APP_PROTECTION),
        ..APP_POLICY
    },
    Collection {
        path: "deviceAppManagement/iosManagedAppProtections",
        kind: "iosManagedAppProtection",
        view_of: Some(APP_POLICIES),
        only: Some("#microsoft.graph.iosManagedAppProtection"),
        writes: Some(&writes::APP_PROTECTION),
        ..APP_POLICY
    },
    Collection {
        path: "deviceAppManagement/androidManagedAppProtections",
        kind: "androidManagedAppProtection",
        view_of: Some(APP_POLICIES),
        only: Some("#microsoft.graph.androidManagedAppProtection"),
        writes: Some(&writes::APP_PROTECTION),
        ..APP_POLICY
    },
];
