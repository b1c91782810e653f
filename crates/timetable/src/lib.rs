#![doc = include_str!("../README.md")]

mod catch_up;
mod rule;
mod zone;

pub use catch_up::{CatchUp, GRACE, MISSED_LINES, Missed};
pub use rule::{Timetable, UnknownZone};
pub use zone::{Zone, zone_names};
