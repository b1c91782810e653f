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
const fn empty(path: &'static str, read: &'static [&'static str]) -> Collection {
    Collection {
        path,
        read,
        ..PLAIN
    }
}

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: "organization",
        read: permissions::ORGANIZATION,
        ..PLAIN
    },
    Collection {
        path: "domains",
        read: permissions::DOMAINS,
        ..PLAIN
    },
    // Tools that look at the whole of a directory stop at the first one that is unknown.
    empty("applications", permissions::APPLICATIONS),
    empty("contacts", permissions::DIRECTORY),
    empty("devices", permissions::DIRECTORY),
    empty("directory/administrativeUnits", permissions::DIRECTORY),
    empty("directoryRoles", permissions::ROLE_DEFINITIONS),
    empty("directoryRoleTemplates", permissions::ROLE_DEFINITIONS),
    empty("oauth2PermissionGrants", permissions::DIRECTORY),
    empty("subscribedSkus", permissions::ORGANIZATION),
    empty(
        "roleManagement/directory/roleAssignments",
        permissions::ROLE_DEFINITIONS,
    ),
    empty(
        "roleManagement/directory/roleAssignmentScheduleInstances",
        permissions::ROLE_DEFINITIONS,
    ),
    empty(
        "roleManagement/directory/roleEligibilityScheduleInstances",
        permissions::ROLE_DEFINITIONS,
    ),
    Collection {
        path: USERS,
        read: permissions::USERS,
        bin: Some(&bins::USERS),
        ..PLAIN
    },
    Collection {
        path: GROUPS,
        read: permissions::GROUPS,
        writes: Some(&writes::GROUP),
        bin: Some(&bins::GROUPS),
        ..PLAIN
    },
    Collection {
        path: "roleManagement/directory/roleDefinitions",
        read: permissions::ROLE_DEFINITIONS,
        ..PLAIN
    },
    Collection {
        path: SERVICE_PRINCIPALS,
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
        versions: BOTH,
        family: Family::ConditionalAccess,
        read: permissions::POLICIES,
        paging: ACCESS_PAGES,
        writes: Some(&writes::NAMED_LOCATION),
        bin: Some(&bins::LOCATIONS),
        ..PLAIN
    },
];
