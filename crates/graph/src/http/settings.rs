//! The bounds of every call.

use std::time::{Duration, SystemTime};

use crate::connection::Endpoints;

/// The bounds of every call: time, size, repetition.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// How long the headers may take, connecting included.
    pub header_timeout: Duration,
    /// How long the whole body may take after the headers.
    pub body_timeout: Duration,
    /// How long a body may be silent in between.
    pub idle_timeout: Duration,
    /// How many bytes one reply may have.
    pub max_page_bytes: usize,
    /// How many pages one collection may have.
    pub max_pages: u32,
    /// How long after its begin a call may still start an attempt.
    ///
    /// A wait that ends later is given back as [`crate::GraphError::Throttled`].
    /// With the 5 s that leave for a call may be old it stays below 15 s, so that
    /// no request goes out on an authority that was asked for longer ago.
    pub max_retry_after: Duration,
    /// How many attempts one call may make.
    pub max_attempts: u32,
    /// The first pause where the provider names none; each further one is twice as long.
    pub first_backoff: Duration,
    /// Whose limits are kept.
    pub limits: Limits,
    /// The time of day, for what is signed.
    pub now: fn() -> SystemTime,
}

/// Whose limits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// The documented ones, so that the provider has nothing to refuse.
    Documented,
    /// Those that the provider states as it refuses; for a stand-in that has none.
    Stated,
}

impl ClientSettings {
    /// The usual bounds for a cloud: a stand-in on this machine states limits of its own.
    pub fn of(cloud: &Endpoints) -> Self {
        Self {
            limits: if cloud.is_this_machine() {
                Limits::Stated
            } else {
                Limits::Documented
            },
            ..Self::default()
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is signed carries the time of day; settings take another clock"
)]
fn system_time() -> SystemTime {
    SystemTime::now()
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(15),
            max_page_bytes: 16 * 1024 * 1024,
            max_pages: 10_000,
            max_retry_after: Duration::from_secs(9),
            max_attempts: 4,
            first_backoff: Duration::from_millis(500),
            limits: Limits::Documented,
            now: system_time,
        }
    }
}
