//! The ledger of runs, the live queue, and the gate's own transactions.

mod attempts;
mod bulk;
mod cancel;
mod claim;
mod draft;
mod finish;
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
mod slots;
mod stale;
mod steps;

pub use bulk::{BulkItem, BulkSelection, SelectedTenant};
pub use cancel::Cancel;
pub use claim::Claim;
pub use draft::{RunDraft, SystemDraft};
pub use finish::{Ending, Failure, RunEnd, WorkedOutcome};
pub use lease::{Leases, RESCUES_MOST};
pub use list::{Named, RunFilter, RunOrder, RunPage};
pub use progress::ItemOutcome;
pub use read::{AttemptRow, ChangeRow, ItemRow, RunAccess};
pub use request::Requested;
pub use retry::{Again, Retrying};
pub use row::RunRow;
pub use slots::{BUSY_WAIT, Ticked};
pub use stale::{STALE_AFTER, STALE_QUEUED};
pub use steps::StepRow;
