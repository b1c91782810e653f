//! The worker pool: claims, starts and works on runs; keeps leases and takes over from the dead.

mod again;
mod cancel;
mod claiming;
mod finisher;
mod held;
mod host;
mod job;
mod jobs;
mod pool;
mod said;
mod scheduler;

pub use again::Jitter;
pub(crate) use held::LeaseGuard;
pub use pool::{Begun, Pool, PoolSettings};
pub use scheduler::Scheduler;
