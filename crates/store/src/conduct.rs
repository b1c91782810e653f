//! Work that goes on in a task of its own keeps what it was begun with.

/// The same work, which has in any task the clock and the border that a test set for it here.
#[cfg(debug_assertions)]
pub(crate) fn as_here<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    crate::clock::set::carried(crate::sql::border::carried(work))
}

/// The same work; nothing is set for it.
#[cfg(not(debug_assertions))]
pub(crate) fn as_here<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    work
}
