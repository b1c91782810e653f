#![doc = include_str!("../README.md")]

mod account;
mod cluster;
mod log;
mod programs;
mod silence;

pub use cluster::{Cluster, ClusterError, Keep, Stop};
pub use programs::programs;
