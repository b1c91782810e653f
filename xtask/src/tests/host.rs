//! `cargo test`, with its own counts read back from what it prints.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use postgres_cluster::Cluster;

use super::{tally::Tally, watched};
use crate::layout::Layout;
use crate::process;

/// Names the throw-away PostgreSQL to the tests; without it they use SQLite alone.
const POSTGRES_VARIABLE: &str = "TENANT_ATLAS_TEST_PG";

/// Says where PostgreSQL's programs are, for tests that stop and start a server of their own.
const PROGRAMS_VARIABLE: &str = "TENANT_ATLAS_TEST_PG_PROGRAMS";

/// How long cargo and its tests may be silent: longer than a cold build on two cores, and than any one test.
const PATIENCE: Duration = Duration::from_secs(25 * 60);

/// Unit, conformance, server and doc tests of all default members, on both databases.
pub fn everything(layout: &Layout, cluster: &Cluster, passed_on: &[String]) -> Result<Tally> {
    test(
        cargo_test(layout)
            .env(POSTGRES_VARIABLE, cluster.url())
            .env(PROGRAMS_VARIABLE, cluster.programs())
            .args(passed_on),
    )
}

/// The store's tests on SQLite alone.
pub fn store_on_sqlite(layout: &Layout, passed_on: &[String]) -> Result<Tally> {
    test(
        store_test(layout)
            .env_remove(POSTGRES_VARIABLE)
            .args(passed_on),
    )
}

/// The store's tests with PostgreSQL beside SQLite.
pub fn store_on_postgres(
    layout: &Layout,
    cluster: &Cluster,
    passed_on: &[String],
) -> Result<Tally> {
    test(
        store_test(layout)
            .env(POSTGRES_VARIABLE, cluster.url())
            .args(passed_on),
    )
}

fn cargo_test(layout: &Layout) -> Command {
    let mut command = process::cargo();
    command
        .current_dir(&layout.root)
        .args(["test", "--no-fail-fast"]);
    command
}

fn store_test(layout: &Layout) -> Command {
    let mut command = cargo_test(layout);
    command.args(["--package", "store"]);
    command
}

/// Shows cargo's progress; the tests' own output only where one failed.
fn test(command: &mut Command) -> Result<Tally> {
    let ended = watched::run(command, PATIENCE).context("cargo test")?;
    if !ended.success {
        println!("{}", ended.printed);
    }
    Ok(count(&ended.printed).with_exit(ended.success))
}

/// Adds up the `test result:` lines of all test binaries.
fn count(printed: &str) -> Tally {
    let results = printed
        .lines()
        .filter_map(|line| line.strip_prefix("test result: "));
    results.fold(Tally::default(), |total, line| {
        total.and(Tally {
            passed: figure(line, "passed"),
            failed: figure(line, "failed"),
        })
    })
}

fn figure(line: &str, word: &str) -> u64 {
    // "ok. 5 passed; 1 failed; 0 ignored; ..."
    let parts = line.split(['.', ';']).map(str::trim);
    parts
        .filter_map(|part| part.strip_suffix(word))
        .find_map(|part| part.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_all_binaries_are_added_up() {
        let printed = "running 6 tests\n\
            test result: ok. 6 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            noise\n\
            test result: FAILED. 2 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(
            count(printed),
            Tally {
                passed: 8,
                failed: 1
            }
        );
    }
}
