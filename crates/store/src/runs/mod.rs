//! The ledger of runs, the live queue, and the gate's own transactions.

mod claim;
mod draft;
mod finish;
mod lease;
mod ledger;
mod list;
mod progress;
mod read;
mod request;
mod row;
mod settle;
mod slots;
mod stale;

pub use claim::Claim;
pub use draft::{RunDraft, SystemDraft};
pub use finish::{Ending, Failure, RunEnd, WorkedOutcome};
pub use list::{Named, RunFilter, RunOrder, RunPage};
pub use progress::ItemOutcome;
pub use read::{AttemptRow, ChangeRow, ItemRow, RunAccess};
pub use request::Requested;
pub use row::RunRow;
pub use slots::{BUSY_WAIT, Ticked};
pub use stale::{STALE_AFTER, STALE_QUEUED};
