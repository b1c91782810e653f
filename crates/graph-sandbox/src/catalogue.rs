//! The collections the sandbox serves: where, to whom, in pages of what size.

use crate::errors::Family;
use crate::odata::PageSize;
use crate::permissions;

/// The versions of Graph under which a path exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    Beta,
}

impl Version {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A property that is a collection of its own, sent only when asked for.
#[derive(Debug)]
pub(crate) struct Navigation {
    pub(crate) name: &'static str,
    pub(crate) size: PageSize,
    pub(crate) navigation: &'static [Navigation],
}

/// One collection.
#[derive(Debug)]
pub(crate) struct Collection {
    /// The path below the version.
    pub(crate) path: &'static str,
    pub(crate) versions: &'static [Version],
    pub(crate) family: Family,
    /// Any one of these opens it.
    pub(crate) read: &'static [&'static str],
    /// Any one of these lets its objects be changed; none where the sandbox only reads.
    pub(crate) write: &'static [&'static str],
    pub(crate) size: PageSize,
    /// A second key, as in `servicePrincipals(appId='...')`.
    pub(crate) alternate_key: Option<&'static str>,
    pub(crate) navigation: &'static [Navigation],
}

impl Collection {
    /// The last step of the path, as the control API may name it.
    pub(crate) fn short_name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether a `$top` above the largest page is refused; otherwise it is cut.
    pub(crate) fn refuses_large_pages(&self) -> bool {
        self.family == Family::Directory
    }
}

const BOTH: &[Version] = &[Version::V1, Version::Beta];
const DIRECTORY: PageSize = PageSize {
    default: 100,
    max: 999,
};
const INTUNE: PageSize = PageSize {
    default: 100,
    max: 1_000,
};
/// Settings and assignments come in small pages, which many clients forget.
const PARTS: PageSize = PageSize {
    default: 25,
    max: 1_000,
};

const ASSIGNMENTS: Navigation = Navigation {
    name: "assignments",
    size: PARTS,
    navigation: &[],
};
const ACTION_CONFIGURATIONS: &[Navigation] = &[Navigation {
    name: "scheduledActionConfigurations",
    size: PARTS,
    navigation: &[],
}];

pub(crate) const SERVICE_PRINCIPALS: &str = "servicePrincipals";

/// Everything there is.
pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        path: "organization",
        versions: BOTH,
        family: Family::Directory,
        read: permissions::ORGANIZATION,
        write: &[],
        size: DIRECTORY,
        alternate_key: None,
        navigation: &[],
    },
    Collection {
        path: "groups",
        versions: BOTH,
        family: Family::Directory,
        read: permissions::GROUPS,
        write: &[],
        size: DIRECTORY,
        alternate_key: None,
        navigation: &[],
    },
    Collection {
        path: "roleManagement/directory/roleDefinitions",
        versions: BOTH,
        family: Family::Directory,
        read: permissions::ROLE_DEFINITIONS,
        write: &[],
        size: DIRECTORY,
        alternate_key: None,
        navigation: &[],
    },
    Collection {
        path: SERVICE_PRINCIPALS,
        versions: BOTH,
        family: Family::Directory,
        read: permissions::APPLICATIONS,
        write: &[],
        size: DIRECTORY,
        alternate_key: Some("appId"),
        navigation: &[Navigation {
            name: "appRoleAssignments",
            size: DIRECTORY,
            navigation: &[],
        }],
    },
    Collection {
        path: "deviceManagement/deviceConfigurations",
        versions: BOTH,
        family: Family::Intune,
        read: permissions::CONFIGURATION,
        write: permissions::CONFIGURATION_WRITE,
        size: INTUNE,
        alternate_key: None,
        navigation: &[ASSIGNMENTS],
    },
    Collection {
        path: "deviceManagement/deviceCompliancePolicies",
        versions: BOTH,
        family: Family::Intune,
        read: permissions::CONFIGURATION,
        write: &[],
        size: INTUNE,
        alternate_key: None,
        navigation: &[
            ASSIGNMENTS,
            Navigation {
                name: "scheduledActionsForRule",
                size: PARTS,
                navigation: ACTION_CONFIGURATIONS,
            },
        ],
    },
    Collection {
        path: "deviceManagement/configurationPolicies",
        versions: &[Version::Beta],
        family: Family::Intune,
        read: permissions::CONFIGURATION,
        write: &[],
        size: INTUNE,
        alternate_key: None,
        navigation: &[
            ASSIGNMENTS,
            Navigation {
                name: "settings",
                size: PARTS,
                navigation: &[],
            },
        ],
    },
];

/// Folders whose unknown collections are answered emptily: tools of the field
/// walk through dozens of them and stop at the first error.
pub(crate) const EMPTY_BELOW: &[&str] = &[
    "deviceManagement",
    "deviceAppManagement",
    "identity",
    "policies",
];

/// The collection whose path or last step is `name`.
pub(crate) fn by_name(name: &str) -> Option<&'static Collection> {
    let name = name.trim_matches('/');
    COLLECTIONS
        .iter()
        .find(|known| known.path == name || known.short_name() == name)
}
