//! `bench`: figures with their method, on this machine.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Layer as _, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use super::bench_statements::StatementTimes;
use crate::cli::Bench;

/// Measures what was asked for.
pub(crate) async fn bench(command: Bench) -> anyhow::Result<()> {
    match command {
        Bench::Runs(args) => {
            let times = StatementTimes::default();
            listen_to_statements(&times);
            super::bench_runs::measure(args, times).await
        }
        Bench::Graph(args) => super::bench_graph::measure(args).await,
        Bench::List(args) => super::bench_list::measure(args).await,
    }
}

/// In place of the usual log: it would be asked about every statement too.
fn listen_to_statements(times: &StatementTimes) {
    let only = Targets::new().with_target("store::statement", LevelFilter::TRACE);
    let _ = tracing_subscriber::registry()
        .with(times.clone().with_filter(only))
        .try_init();
}
