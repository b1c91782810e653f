//! A view's version: what a poll compares before the view is made again.
//!
//! It has two parts. The first is cheap to tell: a hash over who asks, what for, under which grants, and
//! the versions of the scopes that are shown; while it stays the same, nothing on the page can have
//! changed. The second is a hash over the view itself: what moved elsewhere in those scopes is no news
//! for this page. A view that time alone changes also says until when it holds.

use domain::{
    time::Timestamp,
    views::{Live, OperationsView, RunView, TenantView},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::Moment;

/// A view that bears its version.
pub(crate) trait Stamped: Serialize {
    /// Sets version and server time; both must be empty while the content is hashed.
    fn stamp(&mut self, version: String, as_of: Timestamp);
}

macro_rules! stamped {
    ($($view:ty),+) => {$(
        impl Stamped for $view {
            fn stamp(&mut self, version: String, as_of: Timestamp) {
                self.version = version;
                self.as_of = as_of;
            }
        }
    )+};
}

stamped!(OperationsView, RunView, TenantView);

/// A request for a view by a page that may show it already.
pub(crate) struct Poll<'a> {
    premises: String,
    now: Timestamp,
    shown: Option<&'a str>,
}

impl<'a> Poll<'a> {
    /// A poll about a view that rests on `premises` and on rows of the moment, which was read before the view.
    pub(crate) fn new(premises: &impl Serialize, moment: Moment, shown: Option<&'a str>) -> Self {
        Self {
            premises: hash_of(&(premises, moment.version)),
            now: moment.now,
            shown,
        }
    }

    /// The whole answer, when nothing that the view rests on has changed.
    pub(crate) fn unchanged<T>(&self) -> Option<Live<T>> {
        let shown = self.shown?;
        let mut parts = shown.split('.');
        let same = parts.next() == Some(&self.premises) && parts.next().is_some();
        let holds = match parts.next() {
            None => true,
            Some(until) => until.parse().is_ok_and(|until| self.now.0 <= until),
        };
        (same && holds).then(|| self.same_as(shown.to_owned()))
    }

    /// Answers with a view that was made anew, and holds until a moment if nothing else happens.
    pub(crate) fn answer<T: Stamped>(&self, mut view: T, until: Option<Timestamp>) -> Live<T> {
        let content = hash_of(&view);
        let version = match until {
            None => format!("{}.{content}", self.premises),
            Some(until) => format!("{}.{content}.{}", self.premises, until.0),
        };
        let shown = self.shown.and_then(|shown| shown.split('.').nth(1));
        if shown == Some(&content) {
            return self.same_as(version);
        }
        view.stamp(version, self.now);
        Live::Changed(view)
    }

    fn same_as<T>(&self, version: String) -> Live<T> {
        Live::Unchanged {
            as_of: self.now,
            version,
        }
    }
}

fn hash_of(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let hash = Sha256::digest(&bytes);
    hash.iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
