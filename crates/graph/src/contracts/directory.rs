//! Entra ID: the tenant itself, its groups, its roles, and what our application was granted.

use super::{
    ApiVersion::V1,
    Contract,
    Fact::{Chosen, Documented},
    PageSize, Paging, Service,
    permissions::{READ_APPLICATIONS, READ_DIRECTORY_ROLES, READ_GROUPS, READ_ORGANIZATION},
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
        read: Documented(READ_ORGANIZATION),
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
        read: Documented(READ_GROUPS),
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
        read: Documented(READ_DIRECTORY_ROLES),
        ..DIRECTORY
    },
    Contract {
        key: "app_role_assignments",
        label: "Permissions granted to the application",
        path: Documented("servicePrincipals(appId='{client_id}')/appRoleAssignments"),
        name_field: "resourceDisplayName",
        read: Documented(READ_APPLICATIONS),
        ..DIRECTORY
    },
];
