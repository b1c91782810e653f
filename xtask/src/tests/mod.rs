//! Runs the checks, counts them over everything, and says so in one last line.

mod chaos;
mod clients;
mod host;
mod lint;
mod stories;
mod tally;
mod wasm;
mod watched;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use postgres_cluster::{Cluster, Keep};

use self::tally::Tally;
use crate::layout::Layout;
use crate::process;
use crate::setup::{self, Need};

/// One step of `cargo xtask test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Fmt,
    Lint,
    Unit,
    Sqlite,
    Pgsql,
    Wasm,
    Chaos,
    Clients,
    Stories,
}

/// What a full run holds: `Unit` runs the conformance suite on both databases.
const FULL: [Step; 7] = [
    Step::Fmt,
    Step::Lint,
    Step::Unit,
    Step::Chaos,
    Step::Clients,
    Step::Wasm,
    Step::Stories,
];

impl Step {
    fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "fmt" => Self::Fmt,
            "lint" => Self::Lint,
            "unit" => Self::Unit,
            "sqlite" => Self::Sqlite,
            "pgsql" => Self::Pgsql,
            "wasm" => Self::Wasm,
            "chaos" => Self::Chaos,
            "clients" => Self::Clients,
            "stories" => Self::Stories,
            other => {
                bail!(
                    "no step `{other}`; there are fmt lint unit sqlite pgsql chaos clients wasm stories"
                )
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Lint => "lint",
            Self::Unit => "unit",
            Self::Sqlite => "sqlite",
            Self::Pgsql => "pgsql",
            Self::Wasm => "wasm",
            Self::Chaos => "chaos",
            Self::Clients => "clients",
            Self::Stories => "stories",
        }
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Self::Fmt | Self::Sqlite => &[],
            Self::Lint => &[Need::Npm],
            Self::Unit | Self::Pgsql | Self::Chaos => &[Need::Postgres],
            Self::Clients => &[Need::Clients],
            Self::Wasm => &[Need::Npm, Need::Wasm],
            Self::Stories => &[Need::Npm, Need::Wasm, Need::Chromium],
        }
    }

    fn run(self, layout: &Layout, passed_on: &[String]) -> Result<Tally> {
        match self {
            Self::Fmt => lint::format(layout),
            Self::Lint => lint::lint(layout),
            Self::Unit => host::everything(layout, &postgres()?, passed_on),
            Self::Sqlite => host::store_on_sqlite(layout, passed_on),
            Self::Pgsql => host::store_on_postgres(layout, &postgres()?, passed_on),
            Self::Wasm => wasm::build_and_weigh(layout),
            Self::Chaos => chaos::short(layout),
            Self::Clients => clients::run(layout),
            Self::Stories => stories::run(layout, passed_on),
        }
    }
}

/// A cluster for the time of a step.
fn postgres() -> Result<Cluster> {
    let programs = postgres_cluster::programs().context("PostgreSQL's initdb is missing")?;
    Ok(Cluster::start(&programs, Keep::Nothing)?)
}

pub use self::chaos::long as chaos;

/// Runs the named steps, or all; the last line printed is `N passed, M failed`.
pub fn run(layout: &Layout, names: &[String], passed_on: &[String]) -> Result<ExitCode> {
    let named = names
        .iter()
        .map(|name| Step::parse(name))
        .collect::<Result<Vec<_>>>()?;
    let steps = if named.is_empty() {
        FULL.to_vec()
    } else {
        named
    };
    if !passed_on.is_empty() && steps.len() != 1 {
        bail!("arguments after `--` go to one step; name which");
    }
    let needs: Vec<Need> = steps
        .iter()
        .flat_map(|step| step.needs())
        .copied()
        .collect();
    setup::ensure(layout, &needs)?;

    let mut total = Tally::default();
    for step in steps {
        process::say(&format!("== {}", step.name()));
        let started = Instant::now();
        let tally = step.run(layout, passed_on).unwrap_or_else(|error| {
            println!("{} failed: {error:#}", step.name());
            Tally::FAILED
        });
        let seconds = started.elapsed().as_secs_f32();
        println!("{}: {tally} ({seconds:.1} s)", step.name());
        total = total.and(tally);
    }
    println!("{total}");
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
