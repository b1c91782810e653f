#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod data_dir;
mod http;
mod process;
mod writable;

use std::process::ExitCode;

use clap::Parser as _;

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    // A benchmark may want a log of its own, and has nothing else to say.
    if !matches!(cli.command, cli::Command::Bench(_)) {
        process::log_to_stderr();
    }
    match commands::run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain: the last link usually says what to do.
            eprintln!("tenant-atlas: {}", process::told(&error));
            ExitCode::FAILURE
        }
    }
}
