#![doc = include_str!("../README.md")]
// Rendering whole pages nests types deeply.
#![recursion_limit = "256"]

// A page drawn with the types of its views, and taken over without them, does not fit together.
#[cfg(not(any(erase_components, doc, doctest)))]
compile_error!(
    "build with `--cfg erase_components`, as .cargo/config.toml does; the RUSTFLAGS variable replaces what stands there"
);

#[cfg(feature = "ssr")]
pub mod access;
pub mod api;
mod app;
pub mod codec;
mod compat;
mod drawn;
pub mod error;
mod look;
mod pages;
#[cfg(feature = "ssr")]
pub mod request;
#[cfg(feature = "ssr")]
mod shell;
pub mod ui;

pub use app::App;
pub use error::AppError;
#[cfg(feature = "ssr")]
pub use request::{COOKIE, Nonce, PeerIp, Site, cookie_for, cookie_in, typed};
#[cfg(feature = "ssr")]
pub use shell::shell;
