//! Intune's settings of devices: configurations, compliance, the settings catalog, and the devices themselves.

use super::{
    ApiVersion::{Beta, V1},
    Assigning, Contract,
    Fact::{self, Chosen, Documented, Observed},
    PageSize, Paging, Part, Service, UpdateVerb, Updating, Variant, Writing,
    permissions::{READ_CONFIGURATION, READ_DEVICES, WRITE_CONFIGURATION},
};

/// What most collections of Intune have in common.
///
/// Read and written at `beta`: only there do assignments name their filters.
pub(super) const INTUNE: Contract = Contract {
    key: "",
    label: "",
    service: Service::Intune,
    version: Documented(Beta),
    path: Fact::Unverified,
    // Polymorphic: a choice of fields would drop those of the derived types.
    select: Chosen(&[]),
    expand: Chosen(None),
    page_size: Chosen(PageSize::ProviderDefault),
    paging: Documented(Paging::NextLink),
    delta: Chosen(false),
    parts: &[],
    name_field: "displayName",
    read: Fact::Unverified,
    writing: None,
    strip: &[],
    reshape: None,
    variants: &[],
    order: Chosen(None),
    held_back: None,
};

/// Twenty-five a page by default, which many clients take for the whole.
pub(super) const ASSIGNMENTS: Part = Part {
    name: "assignments",
    page_size: Chosen(PageSize::ProviderDefault),
};

/// Policies of all kinds come after everything that they refer to.
pub(super) const AFTER_FOUNDATIONS: Fact<Option<u16>> = Observed(Some(1000));

pub(super) const PATCH_204: Fact<Updating> = Observed(Updating {
    verb: UpdateVerb::Patch,
    reply: 204,
});
pub(super) const PATCH_200: Fact<Updating> = Observed(Updating {
    verb: UpdateVerb::Patch,
    reply: 200,
});
pub(super) const PUT_204: Fact<Updating> = Observed(Updating {
    verb: UpdateVerb::Put,
    reply: 204,
});

/// How most policies are changed.
pub(super) const POLICY: Writing = Writing {
    update: PATCH_204,
    create_reply: Observed(201),
    assign: Documented(Some(Assigning::ReplaceAll {
        key: "assignments",
        reply: 200,
    })),
    permissions: Documented(WRITE_CONFIGURATION),
    fixed: &[],
    changes: None,
};

static COMPLIANCE: Writing = Writing {
    // They are changed by an action of their own.
    fixed: &["scheduledActionsForRule"],
    ..POLICY
};

static CATALOG: Writing = Writing {
    update: PUT_204,
    fixed: &["platforms", "technologies"],
    ..POLICY
};

pub(super) static TABLE: &[Contract] = &[
    Contract {
        key: "device_configurations",
        label: "Device configurations",
        path: Documented("deviceManagement/deviceConfigurations"),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_CONFIGURATION),
        writing: Some(&POLICY),
        // The last two stand inside, with each custom setting that Intune has encrypted.
        strip: &[
            "privacyAccessControls",
            "isEncrypted",
            "secretReferenceValueId",
        ],
        variants: &[Variant {
            odata_type: "windowsUpdateForBusinessConfiguration",
            label: "Update ring",
            path: None,
            strip: &[
                "qualityUpdatesPauseStartDate",
                "featureUpdatesPauseStartDate",
                "qualityUpdatesWillBeRolledBack",
                "featureUpdatesWillBeRolledBack",
            ],
        }],
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "compliance_policies",
        label: "Compliance policies",
        path: Documented("deviceManagement/deviceCompliancePolicies"),
        // The scheduled actions come only when they are asked for.
        expand: Documented(Some(
            "scheduledActionsForRule($expand=scheduledActionConfigurations)",
        )),
        parts: &[ASSIGNMENTS],
        read: Documented(READ_CONFIGURATION),
        writing: Some(&COMPLIANCE),
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "settings_catalog",
        label: "Settings catalog policies",
        path: Documented("deviceManagement/configurationPolicies"),
        parts: &[
            Part {
                name: "settings",
                page_size: Observed(PageSize::Top(1000)),
            },
            ASSIGNMENTS,
        ],
        name_field: "name",
        read: Documented(READ_CONFIGURATION),
        writing: Some(&CATALOG),
        strip: &["settingCount", "creationSource"],
        order: AFTER_FOUNDATIONS,
        ..INTUNE
    },
    Contract {
        key: "managed_devices",
        label: "Managed devices",
        version: Documented(V1),
        path: Documented("deviceManagement/managedDevices"),
        select: Documented(&["id", "deviceName", "complianceState", "operatingSystem"]),
        name_field: "deviceName",
        read: Documented(READ_DEVICES),
        ..INTUNE
    },
];
