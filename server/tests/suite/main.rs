//! The real program as a process: what it says when it cannot start, and how it lives through an
//! outage of its database.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod bench;
mod cluster;
mod disk;
mod doctor;
mod http;
mod installation;
mod keys;
mod outage;
mod pooler;
mod program;
mod refusals;
mod retention;
mod several;
mod small_disk;
mod stops;
mod wait;
