//! What an installation does by itself now and then: it remembers who was there, and tidies away.

mod presence;
mod retention;

pub(crate) use presence::tell_presence;
pub use retention::{Removable, Removal, Removed};
