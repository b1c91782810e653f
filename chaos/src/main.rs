#![doc = include_str!("../README.md")]

mod bulks;
mod burden;
mod check;
mod driver;
mod grants;
mod http;
mod installation;
mod logs;
mod pages;
mod place;
mod plan;
mod planted;
mod presses;
mod processes;
mod processors;
mod provider;
mod queues;
mod random;
mod report;
mod scenes;
mod slots;
mod stage;
mod trial;
mod verdict;
mod viewers;
mod wait;
mod watch;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use clap::Parser;

use crate::{
    place::Dialect,
    plan::Size,
    planted::{Finder, planted},
    trial::{Order, play},
};

/// Breaks what `tenant-atlas` runs on, and checks afterwards whether every promise was kept.
#[derive(Debug, Parser)]
struct Arguments {
    /// The built program.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Which plan of faults; the usual one has every kind in its short time.
    #[arg(long, value_name = "N", default_value_t = SHORT_SEED)]
    seed: u64,
    /// On which database.
    #[arg(long, value_enum, default_value_t = Dialect::Sqlite)]
    database: Dialect,
    /// How long faults go on.
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// How many worker processes.
    #[arg(long, value_name = "N", default_value_t = 3)]
    workers: usize,
    /// How many tenants.
    #[arg(long, value_name = "N", default_value_t = 10)]
    tenants: usize,
    /// How long a lease lasts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    lease_seconds: u64,
    /// How long every answer of the provider takes.
    #[arg(long, value_name = "MS", default_value_t = 40)]
    delay_ms: u64,
    /// The worker with a mistake in it.
    #[arg(long, value_name = "FILE", requires = "planted")]
    planted_worker: Option<PathBuf>,
    /// Which mistake: then it is a failure when nothing is found.
    #[arg(long, value_name = "NAME", requires = "planted_worker")]
    planted: Option<String>,
    /// Where to leave the files of a trial; without it they go.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Arguments {
    fn size(&self) -> Size {
        // A mistake shows in its scenes, and chance has no part in that.
        let seconds = self.planted.as_ref().map_or(self.seconds, |_| 0);
        Size {
            length: Duration::from_secs(seconds),
            workers: self.workers,
            tenants: self.tenants,
            lease: Duration::from_secs(self.lease_seconds),
            has_server: self.database == Dialect::Postgres,
        }
    }
}

/// Of the seeds with which the usual short trial has every kind of everything, the first.
const SHORT_SEED: u64 = 14;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<ExitCode> {
    let size = arguments.size();
    let planted = match (arguments.planted_worker, arguments.planted) {
        (Some(program), Some(mistake)) => {
            let planted = planted(&mistake);
            let planted = planted.with_context(|| format!("no mistake is called {mistake}"))?;
            Some((program.canonicalize()?, planted))
        }
        _ => None,
    };
    let order = Order {
        seed: arguments.seed,
        dialect: arguments.database,
        size,
        program: arguments.program.canonicalize()?,
        planted,
        delay_ms: arguments.delay_ms,
    };
    let temporary = tempfile::tempdir()?;
    let folder = arguments
        .keep
        .unwrap_or_else(|| temporary.path().to_owned());
    // On the main thread: the processes of a trial end with the thread that started them.
    let report = play(&order, &folder).await?;
    eprintln!("{}", report.words());
    println!("{}", serde_json::to_string(&report)?);
    let finder = order.planted.as_ref().map(|(_, planted)| planted.finder);
    let looked_for = finder.unwrap_or(Finder::Nobody);
    let is_well = looked_for.has_found(&report.broken, report.refused_by_the_wall);
    if let Some(finder) = finder {
        let verdict = if is_well {
            "as it must be"
        } else {
            "NOT FOUND"
        };
        eprintln!("to be found by {finder:?}: {verdict}");
    }
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn usual(database: &str) -> Arguments {
        Arguments::parse_from(["chaos", "--program", "x", "--database", database])
    }

    /// When a plan is made otherwise than before, this says which seed is the one now.
    #[test]
    fn the_short_trial_has_every_kind_of_everything() {
        let sizes = ["sqlite", "postgres"].map(|database| usual(database).size());
        let has_all = |seed: &u64| {
            let lacks_none = |size| Plan::of(*seed, size).missing(size).is_empty();
            sizes.iter().all(lacks_none)
        };
        assert_eq!((1..10_000).find(has_all), Some(SHORT_SEED));
    }
}
