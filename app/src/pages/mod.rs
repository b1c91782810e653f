//! One file, or folder, a route.

pub mod choose_tenant;
pub mod drawn;
pub mod inventory;
pub mod not_found;
pub mod notifications;
pub mod operations;
pub mod run;
pub mod tenant;
pub mod tenants;
