//! The ledger of runs, the live queue, and the gate's own transactions.

mod attempts;
mod cancel;
mod checkpoint;
mod claim;
mod finish;
mod intents;
mod laboratory;
mod lease;
mod ledger;
mod list;
mod progress;
mod read;
mod request;
mod requeue;
mod retry;
mod row;
mod settle;
mod steps;

pub use cancel::Cancel;
pub use checkpoint::Asked;
pub use claim::Claim;
pub use finish::{Ending, Failure, RunEnd, WorkedOutcome};
pub use intents::{Intent, IntentEnd, NewIntent};
pub use laboratory::LabWrite;
pub use lease::{Leases, RESCUES_MOST};
pub use list::{Named, RunFilter, RunOrder, RunPage};
pub use progress::ItemOutcome;
pub use read::{AttemptRow, ChangeRow, ItemRow, RunAccess};
pub use request::{Requested, RunDraft, SystemDraft};
pub use retry::{Again, Retrying};
pub use row::RunRow;
pub use steps::StepRow;
