//! Entra ID: the tenant itself, its groups, its roles, and what our application was granted.

use super::{
    ApiVersion::V1,
    Contract,
    Fact::{Chosen, Documented, Observed},
    PageSize, Paging, Service, UpdateVerb, Updating, Writing,
    permissions::{
        READ_APPLICATIONS, READ_DIRECTORY_ROLES, READ_GROUPS, READ_ORGANIZATION, WRITE_GROUPS,
    },
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
    reshape: None,
    variants: &[],
    order: Chosen(None),
    held_back: None,
};

/// A group itself; who is in it, and who owns it, is another matter.
static GROUP: Writing = Writing {
    update: Documented(Updating {
        verb: UpdateVerb::Patch,
        reply: 204,
    }),
    create_reply: Documented(201),
    assign: Documented(None),
    permissions: Documented(WRITE_GROUPS),
    fixed: &[],
    // Whether it is mail-enabled, of which kind it is and whether roles may be given to it is said once.
    changes: Some(&[
        "description",
        "displayName",
        "mailNickname",
        "securityEnabled",
        "visibility",
    ]),
};

/// What the directory keeps itself, or has from another one.
const GROUP_READ_ONLY: &[&str] = &[
    "creationOptions",
    "deletedDateTime",
    "expirationDateTime",
    "mail",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "renewedDateTime",
    "resourceProvisioningOptions",
    "securityIdentifier",
    "serviceProvisioningErrors",
];

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
        writing: Some(&GROUP),
        strip: GROUP_READ_ONLY,
        // Whatever is assigned names groups.
        order: Observed(Some(0)),
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
            "rolePermissions",
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
