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

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: "organization",
        read: permissions::ORGANIZATION,
        ..PLAIN
    },
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
