//! The rest of Intune: enrollment, scripts, filters, tags, roles, templates, apps.

use super::{
    Assigning, Contract,
    Fact::{self, Documented, Observed},
    Variant, Writing,
    devices::{AFTER_FOUNDATIONS, ASSIGNMENTS, INTUNE, PATCH_200, PATCH_204, POLICY, PUT_204},
    permissions::{
        READ_APPS, READ_CONFIGURATION, READ_RBAC, READ_SCRIPTS, READ_SERVICE, WRITE_APPS,
        WRITE_CONFIGURATION, WRITE_RBAC, WRITE_SCRIPTS, WRITE_SERVICE,
    },
};

const fn assigned(key: &'static str, reply: u16) -> Fact<Option<Assigning>> {
    Documented(Some(Assigning::ReplaceAll { key, reply }))
}

static ENROLLMENT: Writing = Writing {
    update: PATCH_200,
    assign: assigned("enrollmentConfigurationAssignments", 204),
    permissions: Documented(WRITE_SERVICE),
    fixed: &[
        "priority",
        "platformType",
        "deviceEnrollmentConfigurationType",
    ],
    ..POLICY
};
static SCRIPT: Writing = Writing {
    update: PATCH_200,
    assign: assigned("deviceManagementScriptAssignments", 204),
    permissions: Documented(WRITE_SCRIPTS),
    ..POLICY
};
static HEALTH_SCRIPT: Writing = Writing {
    assign: assigned("deviceHealthScriptAssignments", 204),
    ..SCRIPT
};
static FILTER: Writing = Writing {
    update: PATCH_200,
    assign: Documented(None),
    fixed: &["platform"],
    ..POLICY
};
static SCOPE_TAG: Writing = Writing {
    update: PATCH_200,
    create_reply: Observed(200),
    assign: assigned("assignments", 200),
    permissions: Documented(WRITE_RBAC),
    fixed: &[],
    changes: None,
};
static ROLE: Writing = Writing {
    assign: Documented(None),
    ..SCOPE_TAG
};
static TEMPLATE: Writing = Writing {
    update: PATCH_200,
    create_reply: Observed(200),
    assign: Documented(None),
    permissions: Documented(WRITE_SERVICE),
    fixed: &[],
    changes: None,
};
static REUSABLE: Writing = Writing {
    update: PUT_204,
    assign: Observed(None),
    permissions: Documented(WRITE_CONFIGURATION),
    ..POLICY
};
static APP: Writing = Writing {
    update: PATCH_204,
    assign: assigned("assignments", 204),
    permissions: Documented(WRITE_APPS),
    ..POLICY
};
static AUTOPILOT: Writing = Writing {
    update: PATCH_200,
    assign: Documented(Some(Assigning::OneByOne { reply: 201 })),
    permissions: Documented(WRITE_SERVICE),
    ..POLICY
};

/// A type that is read with the others and changed under a path of its own.
const fn elsewhere(odata_type: &'static str, label: &'static str, path: &'static str) -> Variant {
    Variant {
        path: Some(path),
        ..Variant::named(odata_type, label)
    }
}

pub(super) static TABLE: &[Contract] = &[
    Contract {
        key: "enrollment_configurations",
        label: "Enrollment configurations",
        path: Documented("deviceManagement/deviceEnrollmentConfigurations"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_SERVICE),
        writing: Some(&ENROLLMENT),
        variants: &[
            Variant::named("deviceEnrollmentLimitConfiguration", "Device limit"),
            Variant::named(
                "deviceEnrollmentPlatformRestrictionsConfiguration",
                "Platform restrictions",
            ),
            Variant::named(
                "deviceEnrollmentPlatformRestrictionConfiguration",
                "Platform restriction",
            ),
            Variant::named(
                "deviceEnrollmentWindowsHelloForBusinessConfiguration",
                "Windows Hello for Business",
            ),
            Variant::named(
                "windows10EnrollmentCompletionPageConfiguration",
                "Enrollment status page",
            ),
        ],
        order: AFTER_FOUNDATIONS,
        held_back: Some("Intune refuses to let an application write it"),
        ..INTUNE
    },
    Contract {
        key: "powershell_scripts",
        label: "PowerShell scripts",
        path: Documented("deviceManagement/deviceManagementScripts"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_SCRIPTS),
        writing: Some(&SCRIPT),
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "shell_scripts",
        label: "Shell scripts",
        path: Documented("deviceManagement/deviceShellScripts"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_SCRIPTS),
        writing: Some(&SCRIPT),
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "health_scripts",
        label: "Remediations",
        path: Documented("deviceManagement/deviceHealthScripts"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_SCRIPTS),
        writing: Some(&HEALTH_SCRIPT),
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "assignment_filters",
        label: "Assignment filters",
        path: Documented("deviceManagement/assignmentFilters"),
        read: Documented(READ_CONFIGURATION),
        writing: Some(&FILTER),
        strip: &["payloads"],
        order: Observed(Some(15)),
        ..INTUNE
    },
    Contract {
        key: "scope_tags",
        label: "Scope tags",
        path: Documented("deviceManagement/roleScopeTags"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_RBAC),
        writing: Some(&SCOPE_TAG),
        strip: &["isBuiltIn"],
        order: Observed(Some(10)),
        ..INTUNE
    },
    Contract {
        key: "notification_templates",
        label: "Notification templates",
        path: Documented("deviceManagement/notificationMessageTemplates"),
        expand: Documented(Some("localizedNotificationMessages")),
        read: Documented(READ_SERVICE),
        writing: Some(&TEMPLATE),
        strip: &["defaultLocale", "localizedNotificationMessages"],
        order: Observed(Some(40)),
        ..INTUNE
    },
    Contract {
        key: "intune_roles",
        label: "Intune roles",
        path: Documented("deviceManagement/roleDefinitions"),
        read: Documented(READ_RBAC),
        writing: Some(&ROLE),
        strip: &["isBuiltIn", "isBuiltInRoleDefinition", "roleAssignments"],
        order: Observed(Some(20)),
        ..INTUNE
    },
    Contract {
        key: "reusable_settings",
        label: "Reusable settings",
        path: Documented("deviceManagement/reusablePolicySettings"),
        // The list leaves the setting itself out unless it is asked for.
        select: Observed(&[
            "id",
            "settingInstance",
            "displayName",
            "description",
            "settingDefinitionId",
            "version",
        ]),
        read: Documented(READ_CONFIGURATION),
        writing: Some(&REUSABLE),
        order: Observed(Some(70)),
        ..INTUNE
    },
    Contract {
        key: "app_protection",
        label: "App protection policies",
        path: Documented("deviceAppManagement/managedAppPolicies"),
        // Below the collection of the object's own type: of what all have in common none has any.
        parts: &[ASSIGNMENTS],
        read: Documented(READ_APPS),
        writing: Some(&APP),
        variants: &[
            elsewhere(
                "androidManagedAppProtection",
                "Android app protection",
                "deviceAppManagement/androidManagedAppProtections",
            ),
            elsewhere(
                "iosManagedAppProtection",
                "iOS app protection",
                "deviceAppManagement/iosManagedAppProtections",
            ),
            elsewhere(
                "targetedManagedAppConfiguration",
                "App configuration",
                "deviceAppManagement/targetedManagedAppConfigurations",
            ),
            elsewhere(
                "windowsManagedAppProtection",
                "Windows app protection",
                "deviceAppManagement/windowsManagedAppProtections",
            ),
            elsewhere(
                "mdmWindowsInformationProtectionPolicy",
                "Windows information protection",
                "deviceAppManagement/mdmWindowsInformationProtectionPolicies",
            ),
            elsewhere(
                "windowsInformationProtectionPolicy",
                "Windows information protection without enrollment",
                "deviceAppManagement/windowsInformationProtectionPolicies",
            ),
        ],
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "autopilot_profiles",
        label: "Autopilot profiles",
        path: Documented("deviceManagement/windowsAutopilotDeploymentProfiles"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_SERVICE),
        writing: Some(&AUTOPILOT),
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
];
