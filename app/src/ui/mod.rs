//! The parts that pages are made of.

pub mod action;
pub mod badge;
pub mod banner;
pub mod confirm;
pub mod copy;
pub mod empty;
pub mod error;
pub mod field;
pub mod fold;
pub mod icon;
pub mod live;
pub mod page;
pub mod time;
pub mod toast;
