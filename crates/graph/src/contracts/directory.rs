//! Entra ID: the tenant itself, its groups, its roles, and what our application was granted.

use super::{
    ApiVersion::V1,
    Contract,
    Fact::{Chosen, Documented},
    PageSize, Paging, Permissions, Service,
};

/// What most collections of the directory have in common.
const DIRECTORY: Contract = Contract {
    key: "",
    label: "",
    service: Service::Directory,
    version: Documented(V1),
    path: super::Fact::Unverified,
    select: Chosen(&[]),
    expand: Chosen(None),
    page_size: Chosen(PageSize::ProviderDefault),
    paging: Documented(Paging::NextLink),
    delta: Chosen(false),
    parts: &[],
    name_field: "displayName",
    read: super::Fact::Unverified,
    writing: None,
    strip: &[],
    variants: &[],
    order: Chosen(None),
    held_back: None,
};

pub(super) static TABLE: &[Contract] = &[
    Contract {
        key: "organization",
        label: "Organization",
        path: Documented("organization"),
        select: Documented(&["id", "displayName", "tenantType", "verifiedDomains"]),
        paging: Documented(Paging::Single),
        // Older documentation names the second.
        read: Documented(Permissions(&[&[
            "Organization.Read.All",
            "Directory.Read.All",
        ]])),
        ..DIRECTORY
    },
    Contract {
        key: "groups",
        label: "Groups",
        path: Documented("groups"),
        // A choice of fields costs less of the directory's throttling budget.
        select: Documented(&[
            "id",
            "displayName",
            "description",
            "groupTypes",
            "securityEnabled",
            "mailEnabled",
            "membershipRule",
            "createdDateTime",
        ]),
        page_size: Documented(PageSize::Top(999)),
        delta: Documented(true),
        read: Documented(Permissions(&[&[
            "GroupMember.Read.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
        ]])),
        ..DIRECTORY
    },
    Contract {
        key: "directory_roles",
        label: "Directory roles",
        path: Documented("roleManagement/directory/roleDefinitions"),
        select: Documented(&[
            "id",
            "displayName",
            "description",
            "isBuiltIn",
            "isEnabled",
            "templateId",
            "version",
        ]),
        read: Documented(Permissions(&[&["RoleManagement.Read.Directory"]])),
        ..DIRECTORY
    },
    Contract {
        key: "app_role_assignments",
        label: "Permissions granted to the application",
        path: Documented("servicePrincipals(appId='{client_id}')/appRoleAssignments"),
        name_field: "resourceDisplayName",
        read: Documented(Permissions(&[&["Application.Read.All"]])),
        ..DIRECTORY
    },
];
