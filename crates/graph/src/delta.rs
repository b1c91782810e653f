//! What changed in a collection since the last time.

use serde_json::{Map, Value};

use crate::paging::PageCursor;

/// Where a walk through changes begins or goes on.
#[derive(Debug, Clone)]
pub enum DeltaFrom {
    /// With everything there is.
    Beginning,
    /// With what changed since an earlier walk ended.
    Since(DeltaLink),
    /// With the next page of this walk.
    Next(PageCursor),
}

/// Where the next walk begins; kept between runs, and guarded again when it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct DeltaLink(String);

impl DeltaLink {
    /// A link that was kept.
    pub fn kept(link: String) -> Self {
        Self(link)
    }

    /// The link, to be kept where nobody reads it: it holds the provider's token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeltaLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeltaLink")
    }
}

/// What one step of a walk brought.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made a request, and taken apart at once"
)]
pub enum Delta {
    /// A page of changes; the same change may come twice.
    Page {
        /// Objects that are new or changed.
        changed: Vec<Map<String, Value>>,
        /// Objects that are gone.
        removed: Vec<Removed>,
        /// Where the walk goes on.
        next: DeltaNext,
    },
    /// The provider no longer knows where the last walk ended: everything has to be read again.
    Resync,
}

/// Where a walk goes on.
#[derive(Debug)]
pub enum DeltaNext {
    /// There is more.
    Page(PageCursor),
    /// That was all; the next walk begins here.
    Done(DeltaLink),
}

/// An object that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its id.
    pub id: String,
    /// Whether it can be brought back.
    pub is_restorable: bool,
}

/// Tells what is gone from what is there.
pub(crate) fn sort(items: Vec<Map<String, Value>>) -> (Vec<Map<String, Value>>, Vec<Removed>) {
    let (mut changed, mut removed) = (Vec::new(), Vec::new());
    for item in items {
        let Some(removal) = item.get("@removed") else {
            changed.push(item);
            continue;
        };
        let is_restorable = removal.get("reason").and_then(Value::as_str) == Some("changed");
        if let Some(id) = item.get("id").and_then(Value::as_str) {
            let id = id.to_owned();
            removed.push(Removed { id, is_restorable });
        }
    }
    (changed, removed)
}
