#![doc = include_str!("../README.md")]

mod layout;
mod process;
mod setup;
mod site;
mod stamp;
mod tests;
#[cfg(test)]
mod tidy;

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::setup::Need;
use crate::site::Flavour;

const USAGE: &str = "\
cargo xtask run [-- DEMO ARGUMENTS]          set up, build, start `tenant-atlas demo`
cargo xtask test [STEP ...] [-- ARGUMENTS]   set up, check; steps: fmt lint unit sqlite pgsql chaos clients wasm stories
cargo xtask chaos --minutes N --seed S [--database sqlite|postgres]
                                             the program under kills, stops and restarts, and a checker
cargo xtask dist                             release binary and compressed site
cargo xtask setup                            only the set-up";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    let (own, passed_on) = split_at_dashes(rest);
    let layout = Layout::find()?;
    match command.as_str() {
        // `run` has no arguments of its own, so `--` may be left out.
        "run" => run(&layout, &[own, passed_on].concat()),
        "test" => tests::run(&layout, own, passed_on),
        "chaos" => {
            setup::ensure(&layout, &[Need::Postgres])?;
            tests::chaos(&layout, own)
        }
        "dist" => dist(&layout),
        "setup" => {
            setup::ensure(&layout, &Need::ALL)?;
            Ok(ExitCode::SUCCESS)
        }
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no command `{other}`\n{USAGE}"),
    }
}

fn split_at_dashes(arguments: &[String]) -> (&[String], &[String]) {
    match arguments.iter().position(|argument| argument == "--") {
        Some(at) => {
            let (own, rest) = arguments.split_at(at);
            (own, rest.get(1..).unwrap_or_default())
        }
        None => (arguments, &[]),
    }
}

fn run(layout: &Layout, demo_arguments: &[String]) -> Result<ExitCode> {
    setup::ensure(layout, &[Need::Npm, Need::Wasm])?;
    let site = site::build(layout, Flavour::Dev)?;
    let binary = build_server(layout)?;
    let error = process::program(&binary)
        .arg("demo")
        .args(demo_arguments)
        .env(layout::SITE_DIR_VARIABLE, site.folder)
        .exec();
    bail!("{} did not start: {error}", binary.display())
}

/// Builds the server in the dev profile and says where the binary is.
fn build_server(layout: &Layout) -> Result<std::path::PathBuf> {
    process::say("building the server (first time about three minutes)");
    process::run(process::cargo().current_dir(&layout.root).args([
        "build",
        "--package",
        "server",
    ]))?;
    Ok(layout.target.join("debug/tenant-atlas"))
}

fn dist(layout: &Layout) -> Result<ExitCode> {
    setup::ensure(layout, &[Need::Npm, Need::Wasm])?;
    let site = site::build(layout, Flavour::Dist)?;
    let size = site::brotli_size(layout, &site.wasm)?;
    process::say("building the server, release profile");
    process::run(
        process::cargo()
            .current_dir(&layout.root)
            .env("TENANT_ATLAS_EMBED_SITE", &site.folder)
            .args(["build", "--release", "--package", "server"]),
    )?;
    println!(
        "server  {}",
        layout.target.join("release/tenant-atlas").display()
    );
    println!("site    {}", site.folder.display());
    println!("wasm    {size} bytes (brotli)");
    site::Budget::read(layout)?.hold(Flavour::Dist, size)?;
    Ok(ExitCode::SUCCESS)
}
