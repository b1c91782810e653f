//! Bulk runs: a selection of tenants, one run that asks for the same in each, and what became of them.

mod abort;
mod children;
mod items;
mod selection;

pub(super) use abort::end_parts;
pub use items::BulkItem;
pub(super) use selection::use_selection;
pub use selection::{BulkSelection, SelectedTenant};

use domain::{bulk::BulkState, ids::RunId};

use crate::{error::StoreError, sql::Row};

/// The state of an item as a statement told it.
fn state_of(row: &Row) -> Result<BulkState, StoreError> {
    row.word("state", BulkState::parse)
}

/// A run that a row names, if it names one.
fn run_of(row: &Row) -> Result<Option<RunId>, StoreError> {
    Ok(row.opt_uuid("run_id")?.map(RunId::from_uuid))
}
