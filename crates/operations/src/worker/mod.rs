//! The worker pool: claims, starts and works on runs; keeps leases and takes over from the dead.

mod finisher;
mod held;
mod host;
mod job;
mod pool;

pub(crate) use held::LeaseGuard;
pub use pool::{Pool, PoolSettings};
