#![doc = include_str!("../README.md")]

mod catalogue;
mod clock;
mod config;
mod data;
mod encoding;
mod errors;
mod faults;
mod journal;
mod listener;
mod odata;
mod permissions;
mod random;
mod reply;
mod routes;
mod sandbox;
mod sign_in_errors;
mod state;
mod throttle;
mod tokens;

pub use clock::Clock;
pub use config::{ControlApi, SandboxConfig, Scale, TenantSeed};
pub use faults::{ActiveFault, Fault, FaultKind, Faults, TooManyFaults};
pub use journal::{Journal, JournalEntry, JournalPage, WriteEffect};
pub use sandbox::Sandbox;
pub use throttle::Throttling;
