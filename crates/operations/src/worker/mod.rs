//! The worker pool: claims, starts and works on runs; keeps leases and takes over from the dead.

mod finisher;
mod job;
mod pool;

pub use pool::{Pool, PoolSettings};
