//! Application permissions: their names, their ids, and which one opens what.

use std::collections::BTreeSet;

/// The application id that Microsoft Graph has in every tenant.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// Name and app role id of each application permission the sandbox knows.
pub(crate) const ROLES: &[(&str, &str)] = &[
    (
        "AdministrativeUnit.Read.All",
        "134fd756-38ce-4afd-ba33-e9623dbe66c2",
    ),
    (
        "AdministrativeUnit.ReadWrite.All",
        "5eb59dd3-1da2-4329-8733-9dabdc435916",
    ),
    (
        "Application.Read.All",
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    ),
    (
        "Application.ReadWrite.All",
        "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    ),
    (
        "Application.ReadWrite.OwnedBy",
        "18a4783c-866b-4cc7-a460-3d5e5662c884",
    ),
    (
        "AppRoleAssignment.ReadWrite.All",
        "06b708a9-e830-4db3-a914-8e69da51d44f",
    ),
    (
        "DelegatedPermissionGrant.ReadWrite.All",
        "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
    ),
    ("Device.Read.All", "7438b122-aefc-4978-80ed-43db9fcc7715"),
    (
        "Device.ReadWrite.All",
        "1138cb37-bd11-4084-a2b7-9f71582aeddb",
    ),
    (
        "DeviceManagementApps.Read.All",
        "7a6ee1e7-141e-4cec-ae74-d9db155731ff",
    ),
    (
        "DeviceManagementApps.ReadWrite.All",
        "78145de6-330d-4800-a6ce-494ff2d33d07",
    ),
    (
        "DeviceManagementConfiguration.Read.All",
        "dc377aa6-52d8-4e23-b271-2a7ae04cedf3",
    ),
    (
        "DeviceManagementConfiguration.ReadWrite.All",
        "9241abd9-d0e6-425a-bd4f-47ba86e767a4",
    ),
    (
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
        "5b07b0dd-2377-4e44-a38d-703f09a0dc3c",
    ),
    (
        "DeviceManagementManagedDevices.Read.All",
        "2f51be20-0bb4-4fed-bf7b-db946066c75e",
    ),
    (
        "DeviceManagementManagedDevices.ReadWrite.All",
        "243333ab-4d21-40cb-a475-36241daa0842",
    ),
    (
        "DeviceManagementRBAC.Read.All",
        "58ca0d9a-1575-47e1-a3cb-007ef2e4583b",
    ),
    (
        "DeviceManagementRBAC.ReadWrite.All",
        "e330c4f0-4170-414e-a55a-2f022ec2b57b",
    ),
    (
        "DeviceManagementServiceConfig.Read.All",
        "06a5fe6d-c49d-46a7-b082-56b1b14103c7",
    ),
    (
        "DeviceManagementServiceConfig.ReadWrite.All",
        "5ac13192-7ace-4fcf-b828-1a26f28068ee",
    ),
    ("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
    (
        "Directory.ReadWrite.All",
        "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
    ),
    ("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664"),
    (
        "Domain.ReadWrite.All",
        "7e05723c-0bb0-42da-be95-ae9f08a6e53c",
    ),
    ("Group.Create", "bf7b1a76-6e77-406b-b258-bf5c7720e98f"),
    ("Group.Read.All", "5b567255-7703-4780-807c-7be8301ae99b"),
    (
        "Group.ReadWrite.All",
        "62a82d76-70ea-41e2-9197-370581804d09",
    ),
    (
        "GroupMember.Read.All",
        "98830695-27a2-44f7-8c18-0c3ebc9698f6",
    ),
    (
        "GroupMember.ReadWrite.All",
        "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
    ),
    (
        "Organization.Read.All",
        "498476ce-e0fe-48b0-b801-37ba7e2685c6",
    ),
    (
        "Organization.ReadWrite.All",
        "292d869f-3427-49a8-9dab-8c70152b74e9",
    ),
    (
        "OrgContact.Read.All",
        "e1a88a34-94c4-4418-be12-c87b00e26bea",
    ),
    ("Policy.Read.All", "246dd0d5-5bd0-4def-940b-0421030a5b68"),
    (
        "Policy.Read.ConditionalAccess",
        "37730810-e9ba-4e46-b07e-8ca78d182097",
    ),
    (
        "Policy.ReadWrite.Authorization",
        "fb221be6-99f2-473f-bd32-01c6a0e9ca3b",
    ),
    (
        "Policy.ReadWrite.ConditionalAccess",
        "01c0a623-fc9b-48e9-b794-0756f8e8f067",
    ),
    (
        "RoleAssignmentSchedule.Read.Directory",
        "d5fe8ce8-684c-4c83-a52c-46e882ce4be1",
    ),
    (
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "dd199f4a-f148-40a4-a2ec-f0069cc799ec",
    ),
    (
        "RoleEligibilitySchedule.Read.Directory",
        "ff278e11-4a33-4d0c-83d2-d01dc58929a5",
    ),
    (
        "RoleEligibilitySchedule.ReadWrite.Directory",
        "fee28b28-e1f3-4841-818e-2704dc62245f",
    ),
    (
        "RoleManagement.Read.All",
        "c7fbd983-d9aa-4fa7-84b8-17382c103bc4",
    ),
    (
        "RoleManagement.Read.Directory",
        "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
    ),
    (
        "RoleManagement.ReadWrite.Directory",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    ),
    (
        "User.DeleteRestore.All",
        "eccc023d-eccf-4e7b-9683-8813ab36cecc",
    ),
    ("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
    ("User.ReadBasic.All", "97235f07-e226-4f63-ace3-39588e11d3a1"),
    ("User.ReadWrite.All", "741f803b-c850-494e-b5df-cde7c675a1ca"),
    // These two ids are remembered, not sourced.
    (
        "DeviceManagementScripts.Read.All",
        "c7a5be92-2b3d-4540-8a67-c96dcaae8b43",
    ),
    (
        "DeviceManagementScripts.ReadWrite.All",
        "9255e99d-faf5-445e-bbf7-cb71482737c4",
    ),
];

/// What the generated application is granted in every tenant.
///
/// One permission per thing read and none that covers another, so that taking
/// any of them away is felt.
pub(crate) const GRANTED: &[&str] = &[
    "Application.Read.All",
    "DeviceManagementApps.Read.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementScripts.Read.All",
    "DeviceManagementServiceConfig.Read.All",
    "Group.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
];

pub(crate) const DOMAINS: &[&str] = &[
    "Domain.Read.All",
    "Domain.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const ORGANIZATION: &[&str] = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
];
pub(crate) const LICENCES: &[&str] = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const USERS: &[&str] = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "User.ReadBasic.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// To restore people.
pub(crate) const USERS_WRITE: &[&str] = &["User.ReadWrite.All", "User.DeleteRestore.All"];
pub(crate) const GROUPS: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// Who is in a group is not enough to see the deleted ones.
pub(crate) const DELETED_GROUPS: &[&str] = &[
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const DIRECTORY: &[&str] = &["Directory.Read.All", "Directory.ReadWrite.All"];
pub(crate) const CONTACTS: &[&str] = &[
    "OrgContact.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const DEVICES: &[&str] = &[
    "Device.Read.All",
    "Device.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const UNITS: &[&str] = &[
    "AdministrativeUnit.Read.All",
    "AdministrativeUnit.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const CONSENTS: &[&str] = &[
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const GROUPS_WRITE: &[&str] = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
pub(crate) const GROUPS_CREATE: &[&str] = &[
    "Group.Create",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
/// To delete groups, and to restore them.
pub(crate) const GROUPS_DELETE: &[&str] = &["Group.ReadWrite.All"];
pub(crate) const MEMBERS_WRITE: &[&str] = &[
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
pub(crate) const CONFIGURATION: &[&str] = &[
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
];
/// To change what [`CONFIGURATION`] opens.
pub(crate) const CONFIGURATION_WRITE: &[&str] = &["DeviceManagementConfiguration.ReadWrite.All"];
pub(crate) const SCRIPTS: &[&str] = &[
    "DeviceManagementScripts.Read.All",
    "DeviceManagementScripts.ReadWrite.All",
];
pub(crate) const SCRIPTS_WRITE: &[&str] = &["DeviceManagementScripts.ReadWrite.All"];
pub(crate) const SERVICE_CONFIG: &[&str] = &[
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementServiceConfig.ReadWrite.All",
];
pub(crate) const SERVICE_CONFIG_WRITE: &[&str] = &["DeviceManagementServiceConfig.ReadWrite.All"];
pub(crate) const RBAC: &[&str] = &[
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
];
pub(crate) const RBAC_WRITE: &[&str] = &["DeviceManagementRBAC.ReadWrite.All"];
pub(crate) const APPS: &[&str] = &[
    "DeviceManagementApps.Read.All",
    "DeviceManagementApps.ReadWrite.All",
];
pub(crate) const APPS_WRITE: &[&str] = &["DeviceManagementApps.ReadWrite.All"];
pub(crate) const MANAGED_DEVICES: &[&str] = &[
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
];
/// Requests for approval are read with either.
pub(crate) const APPROVALS: &[&str] = &[
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
];

pub(crate) const ROLE_DEFINITIONS: &[&str] = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
pub(crate) const ASSIGNED_ROLES: &[&str] = &[
    "RoleAssignmentSchedule.Read.Directory",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
];
pub(crate) const ELIGIBLE_ROLES: &[&str] = &[
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "Directory.Read.All",
];
pub(crate) const POLICIES: &[&str] = &["Policy.Read.All"];
pub(crate) const ACCESS_WRITE: &[&str] = &["Policy.ReadWrite.ConditionalAccess"];
pub(crate) const AUTHORIZATION: &[&str] = &["Policy.Read.All", "Policy.ReadWrite.Authorization"];
pub(crate) const APPLICATIONS: &[&str] = &[
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Application.ReadWrite.OwnedBy",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// The stable id of a permission, when it is one the sandbox knows.
pub(crate) fn role_id(name: &str) -> Option<&'static str> {
    ROLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, id)| *id)
}

/// Whether one of `needed` is among `held`.
pub(crate) fn opens(needed: &[&str], held: &BTreeSet<String>) -> bool {
    needed.iter().any(|role| held.contains(*role))
}

/// Whether any permission of the policies of the directory is among `held`.
pub(crate) fn any_policy(held: &BTreeSet<String>) -> bool {
    held.iter().any(|role| role.starts_with("Policy."))
}

/// Whether any permission of the Intune family is among `held`.
pub(crate) fn any_intune(held: &BTreeSet<String>) -> bool {
    held.iter().any(|role| role.starts_with("DeviceManagement"))
}
