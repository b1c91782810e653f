//! The ledger of runs, the live queue, and the gate's own transactions.

mod attempts;
mod bulk;
mod cancel;
mod checkpoint;
mod claim;
mod draft;
mod fence;
mod finish;
mod hand_back;

mod intents;
mod items;
mod kept;
mod laboratory;
mod lease;
mod ledger;
mod list;
mod progress;
mod read;
mod realign;
mod request;
mod requeue;
mod retry;
mod row;
mod settle;
mod slots;
mod stale;
mod steps;
mod ticked;
mod watch;

pub use bulk::{BulkItem, BulkSelection, SelectedTenant};
pub use cancel::Cancel;
pub use checkpoint::Asked;
pub use claim::Claim;
pub use draft::{RunDraft, SystemDraft};
#[cfg(feature = "planted")]
pub(crate) use fence::attempt_fence;
pub use finish::{Ending, Failure, RunEnd, WorkedOutcome};
pub use hand_back::{GivenBack, RESCUES_MOST};
pub use intents::{Intent, IntentEnd, NewIntent};
pub use laboratory::{LabEffect, LabWrite};
pub use lease::{Leases, Rescued};
pub use list::{BulkEnds, Named, RunFilter, RunOrder, RunPage};
pub use progress::ItemOutcome;
pub use read::{AttemptRow, ChangeRow, ItemRow, RunAccess, Sight};
pub use realign::Realigned;
pub use request::Requested;
pub use retry::{Again, Retrying};
pub use row::RunRow;
pub use slots::BUSY_WAIT;
pub use stale::{Reconciled, STALE_AFTER, STALE_QUEUED};
pub use steps::StepRow;
pub use ticked::Ticked;
pub use watch::LeaseWatch;
