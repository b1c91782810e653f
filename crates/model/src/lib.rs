#![doc = include_str!("../README.md")]

mod bounds;
mod claim;
mod fault;
mod promises;
mod state;
mod step;

pub use bounds::Bounds;
pub use fault::Fault;
pub use promises::{PROMISES, Promise, SIGHTS};
pub use state::{Decision, Grant, Lease, Outcome, Read, Run, State, Status, Worker};
pub use step::{Engine, Step};
