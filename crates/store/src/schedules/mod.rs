//! Schedules: operations that run by themselves at stated times (B-02, R-06).

mod change;
mod read;
mod row;

pub use change::ScheduleDraft;
pub use read::SlotRow;
pub use row::Schedule;
