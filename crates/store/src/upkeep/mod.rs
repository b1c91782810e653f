//! What an installation does by itself now and then: it remembers who was there, and tidies away.

mod presence;
mod retention;

pub use retention::{Removable, Removal, Removed};
