//! Trials of the whole program: a short one of each kind in every run of the tests, long ones by hand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::tally::Tally;
use crate::layout::Layout;
use crate::process;

/// How long the faults of a short trial go on.
const SHORT: &str = "10";

/// How many trials are played at once.
const AT_ONCE: usize = 4;

/// Seeds with which a planted mistake is looked for: faults fall as the seed says, but how much work falls
/// between them depends on the machine, so that one trial may miss what the next one finds.
const SEARCHED: [&str; 3] = ["1", "2", "3"];

/// A mistake that is planted, and the database on which it is looked for.
const PLANTED: [(&str, &str); 9] = [
    ("none", "sqlite"),
    ("skip-the-decision", "postgres"),
    ("allow-everything", "sqlite"),
    ("read-old-connections", "postgres"),
    ("rescue-without-new-attempt", "sqlite"),
    ("notify-twice", "postgres"),
    ("notify-nobody", "sqlite"),
    ("forget-the-audit", "postgres"),
    ("stay-in-the-queue", "sqlite"),
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
        build(layout, &["--package", "chaos", "--bin", "chaos"])?;
        // In a call of its own: cargo would unify the features of one call, and the product has no mistakes.
        let planted = ["--features", "planted", "--bin", "planted-worker"];
        build(layout, &[&["--package", "chaos"], &planted[..]].concat())?;
        Ok(Self {
            chaos: layout.target.join("debug/chaos"),
            product,
            planted_worker: layout.target.join("debug/planted-worker"),
        })
    }

    fn play_until_it_holds(&self, tries: &[Vec<&str>]) -> Result<bool> {
        for told in tries {
            if self.play(told)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn play(&self, arguments: &[&str]) -> Result<bool> {
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

/// A short trial on each database, and one for each planted mistake: each counts as one check.
pub fn short(layout: &Layout) -> Result<Tally> {
    let programs = Programs::build(layout)?;
    let mut tally = Tally::default();
    let seeds = seeds(&layout.root.join("chaos/seeds"))?;
    let mut trials: Vec<Vec<Vec<&str>>> = Vec::new();
    for seed in &seeds {
        for database in ["sqlite", "postgres"] {
            let told = ["--seed", seed, "--database", database, "--seconds", SHORT];
            trials.push(vec![told.to_vec()]);
        }
    }
    let worker = programs.planted_worker.to_str();
    let worker = worker.context("a folder with an unusual name")?;
    for (mistake, database) in PLANTED {
        // What finds a mistake may need another seed; what must break nothing has one chance.
        let seeds = if mistake == "none" {
            &SEARCHED[..1]
        } else {
            &SEARCHED
        };
        let told = |seed: &&'static str| {
            let told = ["--seed", *seed, "--database", database, "--seconds", "8"];
            let planted = ["--planted-worker", worker, "--planted", mistake];
            [told.as_slice(), planted.as_slice()].concat()
        };
        trials.push(seeds.iter().map(told).collect());
    }
    // Trials mostly wait, so several at once take little longer than one.
    for together in trials.chunks(AT_ONCE) {
        let played: Vec<Result<bool>> = std::thread::scope(|scope| {
            let playing: Vec<_> = together
                .iter()
                .map(|tries| scope.spawn(|| programs.play_until_it_holds(tries)))
                .collect();
            let played = playing.into_iter().map(std::thread::ScopedJoinHandle::join);
            played
                .map(|played| played.unwrap_or_else(|_| bail!("a trial broke off")))
                .collect()
        });
        for played in played {
            tally = tally.and(check(played?));
        }
    }
    Ok(tally)
}

fn check(holds: bool) -> Tally {
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// The seeds that are played every time: one, and those that once found something.
fn seeds(folder: &Path) -> Result<Vec<String>> {
    let mut seeds = vec!["1".to_owned()];
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

const USAGE: &str = "cargo xtask chaos --minutes N --seed S [--database sqlite|postgres]";

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
            let told = ["--seed", &seed, "--database", database, "--seconds", "45"];
            tally = tally.and(check(programs.play(&told)?));
        }
        seed += 1;
    }
    println!("{tally}");
    Ok(if tally.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
