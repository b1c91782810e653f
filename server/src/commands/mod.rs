//! One file a subcommand.

mod bench;
mod bench_caller;
mod bench_crowd;
mod bench_graph;
mod bench_list;
mod bench_paced;
mod bench_runs;
mod bench_statements;
mod bench_target;
mod demo;
mod doctor;
mod findings;
mod maintenance;
mod retention;
mod sandbox;
mod serve;

use crate::cli::Command;

/// Runs a subcommand to its end.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve::serve(args).await,
        Command::Web(args) => serve::web(args).await,
        Command::Worker(args) => serve::worker(args).await,
        Command::Demo(args) => demo::demo(args).await,
        Command::GraphSandbox(args) => sandbox::graph_sandbox(args).await,
        Command::Migrate(database) => maintenance::migrate(&database).await,
        Command::Doctor(args) => doctor::doctor(args).await,
        Command::Keys(command) => maintenance::keys(command).await,
        Command::Audit(command) => maintenance::audit(command).await,
        Command::Users(command) => maintenance::users(command).await,
        Command::Retention(args) => retention::retention(args).await,
        Command::Bench(command) => bench::bench(command).await,
    }
}
