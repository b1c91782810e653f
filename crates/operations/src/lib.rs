#![doc = include_str!("../README.md")]

mod families;
mod key;
mod passwords;
mod problem;
mod retention;
mod sample;
mod secrets;
mod services;
mod sign_in;
mod use_cases;
mod version;
mod worker;

pub use key::{KeyError, KeyFit};
pub use passwords::Passwords;
pub use retention::tidy;
pub use sample::{Bulk, SampleAccount, SampleDirectory, SampleError};
pub use secrets::{MasterKey, SecretError};
pub use services::Services;
pub use store::{Presence, Scope};
pub use use_cases::{RunExport, ScheduleForm};
pub use worker::{Begun, Jitter, Pool, PoolSettings, Scheduler};
