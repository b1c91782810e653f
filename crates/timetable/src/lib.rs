#![doc = include_str!("../README.md")]

mod rule;
mod zone;

pub use rule::{Timetable, UnknownZone};
pub use zone::{Zone, zone_names};
