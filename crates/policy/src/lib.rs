#![doc = include_str!("../README.md")]

mod access;
mod checkpoint;
mod decide;
mod facts;
mod gate;
mod permit;
mod prerequisites;

pub use access::{Grants, require};
pub use checkpoint::{Checkpoint, CheckpointLedger, GoOn, LONGEST_UNASKED, Step, checkpoint};
pub use decide::decide;
pub use facts::{
    ActorFacts, BulkState, ConnectionFacts, ContextState, CredentialState, Facts, GrantFacts,
    RunFacts, ScheduleFacts, SlotFacts, Standing, Switch, TenantFacts,
};
pub use gate::{Ended, StartLedger, Started, start};
pub use permit::{Permit, Refusal, Ruling, RunKey, Running};
