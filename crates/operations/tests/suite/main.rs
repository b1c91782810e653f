//! The use cases and the worker pool over real databases and a real provider on loopback:
//! on SQLite always, and on PostgreSQL where `TENANT_ATLAS_TEST_PG` names a server.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod account;
mod approvals;
mod bulk;
mod canary;
mod checkpoints;
mod export;
mod gate;
mod heard;
mod hidden;
mod hostile;
mod inventory;
mod invitations;
mod life;
mod list;
mod meddling;
mod members;
mod outages;
mod pages;
mod play;
mod polls;
mod queue;
mod sample;
mod schedules;
mod setting_up;
mod sign_in;
mod starts;
mod timeouts;
mod verification;
mod workers;
mod world;
mod write_crashes;
mod write_effects;
mod write_parts;
mod writes;
