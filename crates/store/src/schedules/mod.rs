//! Schedules: operations that run by themselves at stated times (B-02, R-06).

mod change;
mod laboratory;
mod read;
mod row;

pub use change::ScheduleDraft;
#[cfg(debug_assertions)]
pub(crate) use laboratory::SLOT_COMES;
pub use read::SlotRow;
pub use row::Schedule;
