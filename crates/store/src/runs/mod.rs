//! The ledger of runs, the live queue, and the gate's own transactions.

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
mod row;
mod settle;

pub use checkpoint::Asked;
pub use claim::Claim;
pub use finish::{Ending, Failure, RunEnd, WorkedOutcome};
pub use intents::{Intent, IntentEnd, NewIntent};
pub use laboratory::LabWrite;
pub use list::{Named, RunFilter, RunOrder, RunPage};
pub use progress::ItemOutcome;
pub use read::{AttemptRow, ChangeRow, ItemRow, RunAccess};
pub use request::{Requested, RunDraft, SystemDraft};
pub use row::RunRow;
