//! The server functions, one file a noun; each asks who is there, calls one use case, returns a view.

#![expect(
    missing_docs,
    reason = "the macro makes argument structs whose fields are the documented parameters"
)]

pub mod account;
pub mod connection;
pub mod drawn;
pub mod frame;
pub mod inventory;
pub mod invitations;
pub mod look;
pub mod members;
pub mod notifications;
pub mod operations;
pub mod runs;
pub mod schedules;
pub mod session;
pub mod tenant;
pub mod tenants;
pub mod verify;
pub mod workspace;
