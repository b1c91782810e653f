//! The server functions, one file a noun; each asks who is there, calls one use case, returns a view.
#![expect(
    missing_docs,
    reason = "the macro makes a public field of each argument, where no comment can stand"
)]

pub mod connection;
pub mod frame;
pub mod inventory;
pub mod members;
pub mod notifications;
pub mod operations;
pub mod runs;
pub mod session;
pub mod tenant;
pub mod tenants;
