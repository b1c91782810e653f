#![doc = include_str!("../README.md")]
// Rendering whole pages nests types deeply.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod access;
pub mod api;
mod app;
mod compat;
pub mod error;
mod pages;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
mod shell;
pub mod ui;

pub use app::App;
pub use error::AppError;
#[cfg(feature = "ssr")]
pub use request::{COOKIE, Nonce, PeerIp, Site};
#[cfg(feature = "ssr")]
pub use shell::shell;
