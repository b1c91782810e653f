#![doc = include_str!("../README.md")]

mod catalogue;
mod certificates;
mod clock;
mod config;
mod data;
mod encoding;
mod errors;
mod faults;
mod journal;
mod listener;
mod odata;
pub mod parsing;
mod permissions;
mod random;
mod reply;
mod request_line;
mod routes;
mod sandbox;
mod serving;
mod sign_in_errors;
mod state;
mod throttle;
mod tls;
mod tokens;
mod types;

pub use clock::Clock;
pub use config::{ControlApi, Options, SandboxConfig, Scale, StatusCodes, TenantSeed};
pub use faults::{ActiveFault, Fault, FaultKind, Faults, TooManyFaults};
pub use journal::{Journal, JournalEntry, JournalPage, WriteEffect};
pub use sandbox::Sandbox;
pub use state::StateError;
pub use throttle::Throttling;
pub use tls::{Tls, TlsError};
