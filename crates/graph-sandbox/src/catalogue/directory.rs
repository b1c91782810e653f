//! The directory and conditional access.

use super::{
    BOTH, Collection, DIRECTORY_PAGES, GROUPS, Link, NAMED_LOCATIONS, Navigation, PLAIN, Paging,
    SERVICE_PRINCIPALS, Top, USERS, bins, permissions, writes,
};
use crate::errors::Family;

/// `$top` cuts the list off, and no link says so.
pub(super) const ACCESS_PAGES: Paging = Paging {
    default: 1_000,
    max: 1_000,
    top: Top::Truncates,
    link: Link::Token,
};

/// A collection that is there to be asked for, and holds nothing.
const fn empty(
    path: &'static str,
    kind: &'static str,
    read: &'static [&'static str],
) -> Collection {
    Collection {
        path,
        kind,
        read,
        ..PLAIN
    }
}

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: "organization",
        kind: "organization",
        read: permissions::ORGANIZATION,
        ..PLAIN
    },
    Collection {
        path: "domains",
        kind: "domain",
        read: permissions::DOMAINS,
        ..PLAIN
    },
    // Tools that look at the whole of a directory stop at the first one that is unknown.
    Collection {
        alternate_key: Some("appId"),
        ..empty("applications", "application", permissions::APPLICATIONS)
    },
    empty("contacts", "orgContact", permissions::CONTACTS),
    Collection {
        alternate_key: Some("deviceId"),
        ..empty("devices", "device", permissions::DEVICES)
    },
    empty(
        "directory/administrativeUnits",
        "administrativeUnit",
        permissions::UNITS,
    ),
    empty(
        "directoryRoles",
        "directoryRole",
        permissions::ROLE_DEFINITIONS,
    ),
    empty(
        "directoryRoleTemplates",
        "directoryRoleTemplate",
        permissions::ROLE_DEFINITIONS,
    ),
    empty(
        "oauth2PermissionGrants",
        "oAuth2PermissionGrant",
        permissions::CONSENTS,
    ),
    empty("subscribedSkus", "subscribedSku", permissions::LICENCES),
    empty(
        "roleManagement/directory/roleAssignments",
        "unifiedRoleAssignment",
        permissions::ROLE_DEFINITIONS,
    ),
    empty(
        "roleManagement/directory/roleAssignmentScheduleInstances",
        "unifiedRoleAssignmentScheduleInstance",
        permissions::ASSIGNED_ROLES,
    ),
    empty(
        "roleManagement/directory/roleEligibilityScheduleInstances",
        "unifiedRoleEligibilityScheduleInstance",
        permissions::ELIGIBLE_ROLES,
    ),
    Collection {
        path: USERS,
        kind: "user",
        read: permissions::USERS,
        bin: Some(&bins::USERS),
        ..PLAIN
    },
    Collection {
        path: GROUPS,
        kind: "group",
        read: permissions::GROUPS,
        writes: Some(&writes::GROUP),
        bin: Some(&bins::GROUPS),
        ..PLAIN
    },
    Collection {
        path: "roleManagement/directory/roleDefinitions",
        kind: "unifiedRoleDefinition",
        read: permissions::ROLE_DEFINITIONS,
        beta_only: &["isPrivileged"],
        ..PLAIN
    },
    Collection {
        path: SERVICE_PRINCIPALS,
        kind: "servicePrincipal",
        read: permissions::APPLICATIONS,
        alternate_key: Some("appId"),
        navigation: &[Navigation {
            name: "appRoleAssignments",
            paging: DIRECTORY_PAGES,
            navigation: &[],
        }],
        ..PLAIN
    },
    Collection {
        path: "identity/conditionalAccess/policies",
        kind: "conditionalAccessPolicy",
        versions: BOTH,
        family: Family::ConditionalAccess,
        read: permissions::POLICIES,
        paging: ACCESS_PAGES,
        writes: Some(&writes::ACCESS_POLICY),
        bin: Some(&bins::POLICIES),
        ..PLAIN
    },
    Collection {
        path: NAMED_LOCATIONS,
        kind: "namedLocation",
        versions: BOTH,
        family: Family::ConditionalAccess,
        read: permissions::POLICIES,
        paging: ACCESS_PAGES,
        writes: Some(&writes::NAMED_LOCATION),
        bin: Some(&bins::LOCATIONS),
        ..PLAIN
    },
];
