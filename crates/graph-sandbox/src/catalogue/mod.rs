//! The collections the sandbox serves: where, to whom, in pages of what size, and how they are changed.

mod bins;
mod directory;
mod intune;
mod scripts;
mod writes;

use crate::errors::Family;
use crate::permissions;

pub(crate) use bins::{Bin, Binned, DIRECTORY as DELETED_ITEMS, Purge, binned};
pub(crate) use writes::{Assign, Codes, Rules, Writes};

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

/// How a collection is cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    pub(crate) default: usize,
    pub(crate) max: usize,
    pub(crate) top: Top,
    pub(crate) link: Link,
}

/// What a `$top` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Top {
    /// It sets the page; above the largest page it is refused.
    Refused,
    /// It sets the page; above the largest page it is cut.
    Cut,
    /// It is passed over.
    Ignored,
    /// It ends the collection: what comes after it is never linked to.
    Truncates,
}

/// How the link to the next page says where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// After a key, in `$skiptoken`.
    Token,
    /// After so many, in `$skip`.
    Skip,
}

/// A property that is a collection of its own, sent only when asked for.
#[derive(Debug)]
pub(crate) struct Navigation {
    pub(crate) name: &'static str,
    pub(crate) paging: Paging,
    pub(crate) navigation: &'static [Navigation],
}

/// One collection.
#[derive(Debug)]
pub(crate) struct Collection {
    /// The path below the version.
    pub(crate) path: &'static str,
    /// The type of its objects, or what all of their types have in common.
    pub(crate) kind: &'static str,
    /// The path of the collection that holds its entities, when it is a view of another.
    pub(crate) view_of: Option<&'static str>,
    /// The one type of entity a view shows.
    pub(crate) only: Option<&'static str>,
    pub(crate) versions: &'static [Version],
    pub(crate) family: Family,
    /// Any one of these opens it.
    pub(crate) read: &'static [&'static str],
    pub(crate) paging: Paging,
    /// A second key, as in `servicePrincipals(appId='...')`.
    pub(crate) alternate_key: Option<&'static str>,
    pub(crate) navigation: &'static [Navigation],
    /// Properties that an entity has and a list leaves out.
    pub(crate) detail: &'static [&'static str],
    /// Properties that v1.0 does not know.
    pub(crate) beta_only: &'static [&'static str],
    /// Types whose entities v1.0 does not list.
    pub(crate) beta_types: &'static [&'static str],
    /// How it is changed; `None` where it is only read.
    pub(crate) writes: Option<&'static Writes>,
    /// Where its deleted objects are kept; without one they are gone at once.
    pub(crate) bin: Option<&'static Bin>,
}

impl Collection {
    /// The last step of the path, as the control API may name it.
    pub(crate) fn short_name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The path under which its entities are stored.
    pub(crate) fn store(&self) -> &'static str {
        self.view_of.unwrap_or(self.path)
    }

    /// Whether a property is kept apart from the plain ones.
    pub(crate) fn keeps_apart(&self, name: &str) -> bool {
        name.starts_with('#')
            || self.detail.contains(&name)
            || self.navigation.iter().any(|known| known.name == name)
    }
}

const BOTH: &[Version] = &[Version::V1, Version::Beta];
const BETA: &[Version] = &[Version::Beta];

pub(crate) const DIRECTORY_PAGES: Paging = Paging {
    default: 100,
    max: 999,
    top: Top::Refused,
    link: Link::Token,
};
const INTUNE_PAGES: Paging = Paging {
    default: 100,
    max: 1_000,
    top: Top::Cut,
    link: Link::Token,
};
/// Settings and assignments come in small pages, which many clients forget.
const SMALL_PAGES: Paging = Paging {
    default: 25,
    max: 1_000,
    top: Top::Cut,
    link: Link::Token,
};

const ASSIGNMENTS: Navigation = Navigation {
    name: "assignments",
    paging: SMALL_PAGES,
    navigation: &[],
};

/// What most collections of the directory have in common.
const PLAIN: Collection = Collection {
    path: "",
    kind: "directoryObject",
    view_of: None,
    only: None,
    versions: BOTH,
    family: Family::Directory,
    read: &[],
    paging: DIRECTORY_PAGES,
    alternate_key: None,
    navigation: &[],
    detail: &[],
    beta_only: &[],
    beta_types: &[],
    writes: None,
    bin: None,
};

pub(crate) const SERVICE_PRINCIPALS: &str = "servicePrincipals";
pub(crate) const GROUPS: &str = "groups";
pub(crate) const USERS: &str = "users";
pub(crate) const APPROVALS: &str = "deviceManagement/operationApprovalRequests";
pub(crate) const FILTERS: &str = "deviceManagement/assignmentFilters";
pub(crate) const NAMED_LOCATIONS: &str = "identity/conditionalAccess/namedLocations";

/// Who is in a group, where that was changed; no client sees it under this path.
pub(crate) static MEMBERSHIPS: Collection = Collection {
    path: "#memberships",
    ..PLAIN
};

/// Who owns a group, where that was said; no client sees it under this path.
pub(crate) static OWNERSHIPS: Collection = Collection {
    path: "#ownerships",
    ..PLAIN
};

/// What is kept of each tenant beside everything there is.
pub(crate) static HIDDEN: &[&Collection] = &[&MEMBERSHIPS, &OWNERSHIPS];

/// Everything there is.
pub(crate) fn all() -> impl Iterator<Item = &'static Collection> {
    directory::COLLECTIONS
        .iter()
        .chain(intune::COLLECTIONS)
        .chain(scripts::COLLECTIONS)
        .chain(bins::COLLECTIONS)
}

/// Folders whose unknown collections are answered emptily: tools of the field
/// walk through dozens of them and stop at the first error.
pub(crate) const EMPTY_BELOW: &[&str] = &[
    "deviceManagement",
    "deviceAppManagement",
    "directory",
    "identity",
    "identityGovernance",
    "policies",
    "roleManagement",
];

/// Collections at the root that are answered emptily.
pub(crate) const EMPTY: &[&str] = &[
    "groupLifecyclePolicies",
    "groupSettings",
    "groupSettingTemplates",
];

/// The collection whose path or last step is `name`.
///
/// The roles of the directory and of Intune end alike; the directory's are found by the short name.
pub(crate) fn by_name(name: &str) -> Option<&'static Collection> {
    let name = name.trim_matches('/');
    let by_path = all().find(|known| known.path == name);
    by_path.or_else(|| all().find(|known| known.short_name() == name))
}

/// The collection at exactly this path.
pub(crate) fn by_path(path: &str) -> Option<&'static Collection> {
    all().find(|known| known.path == path)
}
