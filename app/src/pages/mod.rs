//! One file, or folder, a route.

pub mod choose_tenant;
pub mod drawn;
pub mod inventory;
pub mod members;
pub mod not_found;
pub mod notifications;
pub mod operations;
pub mod run;
pub mod setup;
pub mod sign_in;
pub mod tenant;
pub mod tenants;
