//! Where deleted objects are kept for thirty days, to be looked at, restored, or deleted for good.

use super::{Collection, DIRECTORY_PAGES, PLAIN, directory::ACCESS_PAGES, permissions};
use crate::errors::Family;

/// The bin of a collection.
#[derive(Debug)]
pub(crate) struct Bin {
    /// The path of the collection that holds what was deleted.
    pub(crate) path: &'static str,
    /// What an object of it is called where several kinds are in one list.
    pub(crate) kind: &'static str,
    /// One of each of these is needed to restore an object.
    pub(crate) roles: &'static [&'static [&'static str]],
    pub(crate) purge: Purge,
}

/// Who may delete for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purge {
    /// Whoever may restore.
    WithTheSame,
    /// People who are signed in; to applications the documentation says `Not supported`.
    ByPeopleAlone,
}

/// The folder of the directory's bins, whose objects are also found without the name of their type.
pub(crate) const DIRECTORY: &str = "directory/deletedItems";

pub(super) static GROUPS: Bin = Bin {
    path: "directory/deletedItems/microsoft.graph.group",
    kind: "#microsoft.graph.group",
    roles: &[permissions::GROUPS_DELETE],
    purge: Purge::ByPeopleAlone,
};
pub(super) static USERS: Bin = Bin {
    path: "directory/deletedItems/microsoft.graph.user",
    kind: "#microsoft.graph.user",
    roles: &[permissions::USERS_WRITE],
    purge: Purge::ByPeopleAlone,
};
pub(super) static POLICIES: Bin = Bin {
    path: "identity/conditionalAccess/deletedItems/policies",
    kind: "#microsoft.graph.conditionalAccessPolicy",
    roles: ACCESS,
    purge: Purge::WithTheSame,
};
pub(super) static LOCATIONS: Bin = Bin {
    path: "identity/conditionalAccess/deletedItems/namedLocations",
    kind: "#microsoft.graph.namedLocation",
    roles: ACCESS,
    purge: Purge::WithTheSame,
};

const ACCESS: &[&[&str]] = &[permissions::POLICIES, permissions::ACCESS_WRITE];

const ACCESS_BIN: Collection = Collection {
    family: Family::ConditionalAccess,
    read: permissions::POLICIES,
    paging: ACCESS_PAGES,
    ..PLAIN
};

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: GROUPS.path,
        kind: "group",
        read: permissions::DELETED_GROUPS,
        paging: DIRECTORY_PAGES,
        ..PLAIN
    },
    Collection {
        path: USERS.path,
        kind: "user",
        read: permissions::USERS,
        ..PLAIN
    },
    // Kinds that nobody can delete here: there to be asked for, and always empty.
    Collection {
        path: "directory/deletedItems/microsoft.graph.application",
        kind: "application",
        read: permissions::APPLICATIONS,
        ..PLAIN
    },
    Collection {
        path: "directory/deletedItems/microsoft.graph.servicePrincipal",
        kind: "servicePrincipal",
        read: permissions::APPLICATIONS,
        ..PLAIN
    },
    Collection {
        path: "directory/deletedItems/microsoft.graph.administrativeUnit",
        kind: "administrativeUnit",
        read: permissions::UNITS,
        ..PLAIN
    },
    Collection {
        path: "directory/deletedItems/microsoft.graph.device",
        kind: "device",
        read: permissions::DEVICES,
        ..PLAIN
    },
    Collection {
        path: POLICIES.path,
        kind: "conditionalAccessPolicy",
        ..ACCESS_BIN
    },
    Collection {
        path: LOCATIONS.path,
        kind: "namedLocation",
        ..ACCESS_BIN
    },
];

/// A bin, with the collections between which objects are moved.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binned {
    pub(crate) bin: &'static Bin,
    /// Where its objects were, and come back to.
    pub(crate) home: &'static Collection,
    /// The collection that holds them meanwhile.
    pub(crate) deleted: &'static Collection,
}

/// Every bin that something can be in.
pub(crate) fn binned() -> impl Iterator<Item = Binned> {
    super::all().filter_map(|home| {
        let bin = home.bin?;
        let deleted = super::by_path(bin.path)?;
        Some(Binned { bin, home, deleted })
    })
}
