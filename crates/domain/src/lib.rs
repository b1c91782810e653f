#![doc = include_str!("../README.md")]

pub mod badge;
pub mod banner;
pub mod capability;
pub mod connection;
pub mod decision;
pub mod error;
pub mod explain;
pub mod ids;
pub mod intent;
pub mod lifecycle;
pub mod link;
pub mod operation;
pub mod reason;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod summary;
pub mod time;
pub mod verification;
pub mod views;
pub mod waiting;
mod words;
