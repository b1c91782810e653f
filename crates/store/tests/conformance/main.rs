//! One suite, run on SQLite always and on PostgreSQL where `TENANT_ATLAS_TEST_PG` names a server.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod attacks;
mod audit;
mod bulk;
mod cancel;
mod cases;
mod checkpoint;
mod checkpoint_race;
mod clocks;
mod connections;
mod contention;
#[cfg(debug_assertions)]
mod coverage;
mod database;
mod denials;
mod desk;
mod doctor;
mod finish;
mod forgeries;
mod held;
mod history;
mod intents;
mod invariants;
mod inventory;
mod invitations;
mod laboratory;
mod life;
mod list;
mod list_filters;
mod lost;
mod lost_commit;
mod members;
mod model;
mod notices;
mod own_sessions;
mod parts;
mod pauses;
mod people;
mod points;
mod polls;
mod race;
mod requests;
mod rescue;
mod retention;
mod retries;
mod revocations;
mod schedule_race;
mod schedules;
mod schema;
mod silent_line;
mod slots;
mod standing;
mod start;
mod tenants;
mod turns;
mod upgrades;
mod upkeep;
mod versions;
mod waiting;
mod wall;
mod workers;
mod workspaces;
mod world;
