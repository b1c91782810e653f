//! What each tenant holds, how it is changed, and how it outlives the program.

mod apps;
mod entity;
mod log;
mod store;
mod tenant;
mod writing;

pub(crate) use apps::{App, Certificate, NewApp};
pub(crate) use entity::{Entities, Entity, keyed, sort_key};
pub(crate) use log::Log;
pub use store::StateError;
pub(crate) use store::{Opened, open};
pub(crate) use tenant::{Tenant, service_principals};
pub(crate) use writing::{Gone, Removal, Unsaved, Writing};
