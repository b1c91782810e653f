//! One file a noun: what a person can look at and do.

mod decisions;
mod header;
mod inventory;
mod members;
mod notifications;
mod operations_list;
mod run_export;
mod run_page;
mod run_rows;
mod selection;
mod start;
mod tenant_page;
mod tenants;

pub use run_export::RunExport;
