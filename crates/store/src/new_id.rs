//! New ids: UUIDv7, so that rows of one moment lie together in an index.

use uuid::Uuid;

/// A new id of any kind.
pub(crate) fn new_id<T>(wrap: impl FnOnce(Uuid) -> T) -> T {
    wrap(Uuid::now_v7())
}
