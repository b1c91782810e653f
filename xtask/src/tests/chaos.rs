//! Trials of the whole program: a short one of each kind in every run of the tests, long ones by hand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use super::tally::Tally;
use crate::layout::Layout;
use crate::process;

/// How many trials are played at once.
const AT_ONCE: usize = 4;

/// A mistake that is planted, and the database on which it is looked for in every run of the tests.
const PLANTED: [(&str, &str); 17] = [
    ("none", "sqlite"),
    ("skip-the-decision", "postgres"),
    ("allow-everything", "sqlite"),
    ("read-old-connections", "postgres"),
    ("finish-without-attempt", "sqlite"),
    ("rescue-without-new-attempt", "postgres"),
    ("notify-twice", "sqlite"),
    ("notify-nobody", "postgres"),
    ("forget-the-audit", "sqlite"),
    ("stay-in-the-queue", "postgres"),
    ("repeat-blindly", "sqlite"),
    ("send-after-the-lease", "postgres"),
    ("start-behind-a-pause", "sqlite"),
    ("ask-about-the-owner", "postgres"),
    ("sign-in-to-anothers-directory", "sqlite"),
    ("mistake-the-slot", "postgres"),
    ("keep-descriptors", "sqlite"),
];

/// The programs of a trial.
struct Programs {
    chaos: PathBuf,
    product: PathBuf,
    planted_worker: PathBuf,
}

impl Programs {
    fn build(layout: &Layout) -> Result<Self> {
        let product = crate::build_server(layout)?;
        // The server is named beside what is built: what both need has the features that it already was built with.
        let both = ["--package", "server", "--package", "chaos"];
        let chaos = ["--bin", "chaos"];
        build(layout, &[&both[..], &chaos].concat())?;
        // In a call of its own: cargo would unify the features of one call, and the product has no mistakes.
        let planted = ["--features", "chaos/planted", "--bin", "planted-worker"];
        build(layout, &[&both[..], &planted].concat())?;
        Ok(Self {
            chaos: layout.target.join("debug/chaos"),
            product,
            planted_worker: layout.target.join("debug/planted-worker"),
        })
    }

    fn play(&self, arguments: &[String]) -> Result<bool> {
        let mut command = process::program(&self.chaos);
        command.arg("--program").arg(&self.product).args(arguments);
        Ok(command.status().context("cannot start chaos")?.success())
    }
}

fn build(layout: &Layout, arguments: &[&str]) -> Result<()> {
    let mut command = process::cargo();
    command.current_dir(&layout.root).arg("build");
    process::run(command.args(arguments))
}

/// What one trial is told.
type Told = Vec<String>;

fn told(words: &[&str]) -> Told {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Two workers and three tenants: scenes alone are played, and they need no more.
fn told_of_mistake(programs: &Programs, mistake: &str, seed: &str, database: &str) -> Result<Told> {
    let worker = programs.planted_worker.to_str();
    let worker = worker.context("a folder with an unusual name")?;
    Ok(told(&[
        "--seed",
        seed,
        "--database",
        database,
        "--workers",
        "2",
        "--tenants",
        "3",
        "--planted-worker",
        worker,
        "--planted",
        mistake,
    ]))
}

/// A short trial on each database, and one for each planted mistake: each counts as one check.
pub fn short(layout: &Layout) -> Result<Tally> {
    let programs = Programs::build(layout)?;
    let mut trials = Vec::new();
    for database in ["sqlite", "postgres"] {
        // What is not said is as usual: short, and with every kind of fault in it.
        trials.push(told(&["--database", database]));
        for seed in &seeds(&layout.root.join("chaos/seeds"))? {
            trials.push(told(&["--seed", seed, "--database", database]));
        }
    }
    for (mistake, database) in PLANTED {
        trials.push(told_of_mistake(&programs, mistake, "1", database)?);
    }
    side_by_side(&programs, &trials)
}

/// Every planted mistake with several seeds on both databases.
fn planted(layout: &Layout, seeds: u64) -> Result<ExitCode> {
    let programs = Programs::build(layout)?;
    let mut trials = Vec::new();
    for seed in 1..=seeds {
        for (mistake, _) in PLANTED {
            for database in ["sqlite", "postgres"] {
                let seed = seed.to_string();
                trials.push(told_of_mistake(&programs, mistake, &seed, database)?);
            }
        }
    }
    ended(side_by_side(&programs, &trials)?)
}

/// Plays trials, several at once: they mostly wait.
fn side_by_side(programs: &Programs, trials: &[Told]) -> Result<Tally> {
    let next = AtomicUsize::new(0);
    let play_on = || -> Result<Tally> {
        let mut tally = Tally::default();
        while let Some(told) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
            tally = tally.and(check(programs.play(told)?));
        }
        Ok(tally)
    };
    let played: Vec<Result<Tally>> = std::thread::scope(|scope| {
        let playing: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(play_on)).collect();
        let played = playing.into_iter().map(std::thread::ScopedJoinHandle::join);
        played
            .map(|played| played.unwrap_or_else(|_| bail!("a trial broke off")))
            .collect()
    });
    let mut tally = Tally::default();
    for played in played {
        tally = tally.and(played?);
    }
    Ok(tally)
}

fn check(holds: bool) -> Tally {
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// The seeds that once found something, which are played every time.
fn seeds(folder: &Path) -> Result<Vec<String>> {
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        seeds.extend(
            name.strip_suffix(".md")
                .filter(|it| it.parse::<u64>().is_ok())
                .map(str::to_owned),
        );
    }
    seeds.sort();
    seeds.dedup();
    Ok(seeds)
}

const USAGE: &str = "cargo xtask chaos --minutes N --seed S [--database sqlite|postgres]
cargo xtask chaos --planted SEEDS";

/// Long trials: one after the other from a seed on, until the minutes are over.
pub fn long(layout: &Layout, arguments: &[String]) -> Result<ExitCode> {
    let (mut minutes, mut seed, mut databases) = (1_u64, 1_u64, vec!["sqlite", "postgres"]);
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let value = words
            .next()
            .with_context(|| format!("{word} has no value\n{USAGE}"))?;
        match (word, value) {
            ("--minutes", value) => minutes = value.parse().context(USAGE)?,
            ("--seed", value) => seed = value.parse().context(USAGE)?,
            ("--planted", value) => return planted(layout, value.parse().context(USAGE)?),
            ("--database", "sqlite") => databases = vec!["sqlite"],
            ("--database", "postgres") => databases = vec!["postgres"],
            _ => bail!("{word} {value} is not known\n{USAGE}"),
        }
    }
    let programs = Programs::build(layout)?;
    let begun = std::time::Instant::now();
    let mut tally = Tally::default();
    while begun.elapsed().as_secs() < minutes * 60 {
        for database in &databases {
            let seed = seed.to_string();
            let words = ["--seed", &seed, "--database", database, "--seconds", "45"];
            tally = tally.and(check(programs.play(&told(&words))?));
        }
        seed += 1;
    }
    ended(tally)
}

fn ended(tally: Tally) -> Result<ExitCode> {
    println!("{tally}");
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
