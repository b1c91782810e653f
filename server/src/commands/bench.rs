//! `bench`: figures with their method, on this machine.

use crate::cli::Bench;

/// Measures what was asked for.
pub(crate) async fn bench(command: Bench) -> anyhow::Result<()> {
    match command {
        Bench::Runs(target) => super::bench_runs::measure(target).await,
        Bench::List(target) => super::bench_list::measure(target).await,
    }
}
