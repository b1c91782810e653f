//! The words in which a contract is written.

use super::{Fact, Permissions};

/// The version prefix of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// `v1.0`
    V1,
    /// `beta`
    Beta,
}

impl ApiVersion {
    /// The path segment.
    pub const fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// A part of Graph with limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Entra ID.
    Directory,
    /// Intune.
    Intune,
    /// Conditional Access, which also holds the named locations.
    ConditionalAccess,
}

/// How many objects a page is asked to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSize {
    /// No `$top` is sent: some collections then stop sending a next link.
    ProviderDefault,
    /// `$top` with this number, which the provider may still lower.
    Top(u16),
}

/// Whether more than one page may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// One page holds all; a next link would be a surprise, and is an error.
    Single,
    /// The next link is followed until none comes.
    NextLink,
}

/// A collection of an object's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The last step of its path.
    pub name: &'static str,
    /// How many a page is asked to hold; these pages are small by default.
    pub page_size: Fact<PageSize>,
}

/// How objects of a type are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// The verb of an update and the status of its reply.
    pub update: Fact<Updating>,
    /// The status of the reply to a creation; any other success is one too.
    pub create_reply: Fact<u16>,
    /// How the assignments of an object are set.
    pub assign: Fact<Option<Assigning>>,
    /// Application permissions to do so.
    pub permissions: Fact<Permissions>,
    /// Fields that a creation takes and an update does not.
    pub fixed: &'static [&'static str],
    /// The fields that an update takes, where they are listed; else all but the fixed ones.
    pub changes: Option<&'static [&'static str]>,
}

impl Writing {
    pub(super) fn unverified(&self) -> Option<&'static str> {
        if self.update.is_open() {
            Some("how it is changed is unverified")
        } else if self.create_reply.is_open() {
            Some("how it is created is unverified")
        } else if self.assign.is_open() {
            Some("how it is assigned is unverified")
        } else if self.permissions.is_open() {
            Some("its writing permissions are unverified")
        } else {
            None
        }
    }
}

/// How one object of a type is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Updating {
    /// The verb.
    pub verb: UpdateVerb,
    /// The status of the reply; any other success is one too.
    pub reply: u16,
}

/// The verb of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateVerb {
    /// `PATCH` with the fields that change and the object's `@odata.type`.
    Patch,
    /// `PUT` with the whole object.
    Put,
}

/// How the assignments of an object are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigning {
    /// `POST {id}/assign` with the whole set under this key: what is not in it is gone.
    ReplaceAll {
        /// The key of the body.
        key: &'static str,
        /// The status of the reply; any other success is one too.
        reply: u16,
    },
    /// `POST {id}/assignments` with one target each; `DELETE {id}/assignments/{assignment}` takes one away.
    OneByOne {
        /// The status of the reply.
        reply: u16,
    },
    /// They are fields of the object itself.
    InObject(&'static str),
}

/// One of the types that share a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its `@odata.type` without `#microsoft.graph.`.
    pub odata_type: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Where its objects are changed, if not in the collection itself.
    pub path: Option<&'static str>,
    /// Fields that are never sent, on top of the contract's.
    pub strip: &'static [&'static str],
}

impl Variant {
    /// One of the types that share a collection, and nothing special about it.
    pub(super) const fn named(odata_type: &'static str, label: &'static str) -> Self {
        Self {
            odata_type,
            label,
            path: None,
            strip: &[],
        }
    }
}

/// What is sent in another form than it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reshape {
    /// A policy of Conditional Access: no states of devices, an authentication strength by its id alone and with
    /// all other controls, and resilience either switched off or not mentioned.
    AccessPolicy,
}

/// Whether objects of a type may be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// They are written.
    Enabled,
    /// They are shown, and why they are not written.
    PreviewOnly(&'static str),
    /// They are not of the kind that is restored.
    Never,
}
