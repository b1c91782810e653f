//! One file a noun: what a person can look at and do.

mod account;
mod bulk;
mod bulk_items;
mod cancel;
mod connections;
mod decisions;
mod fields;
mod header;
mod inventory;
mod invitations;
mod members;
mod notifications;
mod operations_list;
mod operations_query;
mod questions;
mod queue;
mod run_export;
mod run_failures;
mod run_page;
mod run_redactions;
mod run_rows;
mod schedule_fault;
mod schedule_form;
mod schedule_history;
mod schedules;
mod selection;
mod start;
mod tenant_page;
mod tenant_settings;
mod tenants;
mod timeline;
mod workspaces;

pub use run_export::RunExport;
pub use schedule_form::ScheduleForm;
