//! What a person types.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::RangedU64ValueParser};
use domain::operation::Habitat;
use store::QueueSettings;

/// An operations console for many Microsoft 365 tenants: every queued run is authorised again as it starts.
#[derive(Debug, Parser)]
#[command(name = "tenant-atlas", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Everything in one process: pages and workers.
    Serve(Serve),
    /// Only the pages; workers run elsewhere.
    Web(Pages),
    /// Only workers, on the same database as the pages.
    Worker(Worker),
    /// Sample workspaces, tenants and people, with a sandbox in place of Microsoft Graph.
    Demo(Demo),
    /// A local Microsoft Graph that keeps state, enforces permissions, and can be told to fail.
    GraphSandbox(GraphSandbox),
    /// Brings the database up to this program's version, and stops.
    Migrate(Database),
    /// Looks over the installation and says what is not in order.
    Doctor(Doctor),
    /// Looks after the key that provider credentials are sealed with.
    #[command(subcommand)]
    Keys(Keys),
    /// Looks after the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Disables and enables people.
    #[command(subcommand)]
    Users(Users),
    /// Removes what runs long over have left; without options it says how long that is kept.
    Retention(Retention),
    /// Measures this program on this machine.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Database {
    /// Where the database, the key and the settings of this installation are.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,
    /// `sqlite:` or `postgres:`; without it, a SQLite file in the data folder.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

impl Database {
    /// Whether the database is a server of its own, which may come up later than this program.
    pub(crate) fn is_server(&self) -> bool {
        self.database_url
            .as_deref()
            .is_some_and(|url| url.starts_with("postgres"))
    }
}

/// How a process works on the queue.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Queue {
    /// How many runs of one tenant may be under way at once, on all machines together.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub(crate) tenant_limit: i64,
    /// How many runs may use one provider connection at once, on all machines together.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub(crate) connection_limit: i64,
    /// For how long a silent worker keeps its runs; for tests of failures, the same on all machines.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) lease_seconds: u64,
}

impl Queue {
    pub(crate) const fn settings(self) -> QueueSettings {
        QueueSettings {
            lease: Duration::from_secs(self.lease_seconds),
            tenant_limit: self.tenant_limit,
            connection_limit: self.connection_limit,
        }
    }
}

/// A database that processes serve.
#[derive(Debug, Clone, Args)]
pub(crate) struct Served {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Takes a database that a benchmark or a trial of faults made for itself, and no other.
    #[arg(long)]
    pub(crate) laboratory: bool,
}

impl Served {
    /// What the database must have been made as.
    pub(crate) const fn habitat(&self) -> Habitat {
        if self.laboratory {
            Habitat::Laboratory
        } else {
            Habitat::Product
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Pages {
    #[command(flatten)]
    pub(crate) served: Served,
    /// Where to listen; beyond loopback only with --public-url.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The https address people use, when a proxy with TLS stands in front.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// The most runs that a process may be told to work on at once; each is a task and a row whose lease it keeps.
const MOST_SLOTS: u64 = 10_000;

fn slots(least: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=MOST_SLOTS)
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) pages: Pages,
    /// How many runs to work on at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = slots(0))]
    pub(crate) workers: usize,
    #[command(flatten)]
    pub(crate) queue: Queue,
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[command(flatten)]
    pub(crate) served: Served,
    /// How many runs to work on at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = slots(1))]
    pub(crate) workers: usize,
    #[command(flatten)]
    pub(crate) queue: Queue,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to listen; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where to keep the demo; without it, a folder that is removed at the end.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How many runs to work on at once; 0 leaves the queue waiting for `tenant-atlas worker`.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = slots(0))]
    pub(crate) workers: usize,
    /// Makes the sample data; the same seed makes the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Prints one line of JSON when ready.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxScale {
    /// Tens of objects a tenant.
    Small,
    /// Two tenants with 5,000 groups and 800 policies.
    Large,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxStatusCodes {
    /// What published tools report and insist on.
    Observed,
    /// What the documentation says.
    Documented,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxThrottling {
    /// Not at all.
    Off,
    /// A hundred times the documented budgets.
    Generous,
    /// The documented budgets.
    Documented,
}

fn tenant_count(text: &str) -> Result<usize, String> {
    let most = graph_sandbox::SandboxConfig::MAX_TENANTS;
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("must be a number from 1 to {most}"))
}

#[derive(Debug, Args)]
pub(crate) struct GraphSandbox {
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub(crate) listen: SocketAddr,
    /// Makes the data; the same seed makes the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many tenants, 1 to 500.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = tenant_count)]
    pub(crate) tenants: usize,
    /// How much is in them.
    #[arg(long, value_enum, default_value_t = SandboxScale::Small)]
    pub(crate) scale: SandboxScale,
    /// Keeps what changes in this folder, over restarts and kills; otherwise it is in memory alone.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Answers over TLS with this certificate (PEM, with its chain).
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        conflicts_with = "tls_self_signed"
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Answers over TLS with a certificate made on the spot, and writes its authority to ca.pem in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) tls_self_signed: Option<PathBuf>,
    /// Registers this certificate (PEM) with every application, beside its secret.
    #[arg(long, value_name = "FILE")]
    pub(crate) app_certificate: Option<PathBuf>,
    /// Which status codes changes answer with, where tools saw others than are documented.
    #[arg(long, value_enum, default_value_t = SandboxStatusCodes::Observed)]
    pub(crate) status_codes: SandboxStatusCodes,
    /// How strictly tenants are throttled.
    #[arg(long, value_enum, default_value_t = SandboxThrottling::Generous)]
    pub(crate) throttling: SandboxThrottling,
    /// Opens the control API under /_sandbox; loopback only.
    #[arg(long)]
    pub(crate) control: bool,
    /// Prints one line of JSON when ready.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Prints one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Goes on with the key of this data folder, or a new one, when the one before is lost for good.
    Adopt {
        #[command(flatten)]
        database: Database,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recomputes every chain and names the first entry that does not fit.
    Verify {
        #[command(flatten)]
        database: Database,
        /// Prints one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Retention {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Keeps items, reports and write records of completed runs for so many days from now on; 90 unless set.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=36_500))]
    pub(crate) keep_days: Option<i64>,
    /// Only says what would be removed.
    #[arg(long, conflicts_with = "now")]
    pub(crate) dry_run: bool,
    /// Removes it now instead of with the daily pass.
    #[arg(long)]
    pub(crate) now: bool,
    /// Prints one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// Disables a person: sessions end, queued runs are refused.
    Disable {
        #[command(flatten)]
        database: Database,
        /// What the person signs in with.
        email: String,
    },
    /// Enables a disabled person again.
    Enable {
        #[command(flatten)]
        database: Database,
        /// What the person signs in with.
        email: String,
    },
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "must be a number from 1".to_owned())
}

#[derive(Debug, Clone, Args)]
pub(crate) struct BenchTarget {
    /// A database to measure on, empty or made by a benchmark before; without it, a temporary SQLite file.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// How many runs.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = at_least_one)]
    pub(crate) count: usize,
    /// Prints one line of JSON at the end.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchRuns {
    #[command(flatten)]
    pub(crate) target: BenchTarget,
    /// Afterwards, press start this often a second for --seconds, and tell how long it is to `running`; 0 leaves it out.
    #[arg(long, value_name = "R", default_value_t = 200)]
    pub(crate) rate: u32,
    /// How long to press start at that rate.
    #[arg(long, value_name = "S", default_value_t = 20)]
    pub(crate) seconds: u32,
    /// How many runs the worker process works on at once.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) workers: usize,
    /// Afterwards, queue this many runs of one tenant, and tell how long single runs of others wait beside them; 0 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) crowd: usize,
    /// Then write this many runs that are over into the ledger, and measure throughput once more; 0 leaves it out.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) history: usize,
    /// Also tells how long each statement took.
    #[arg(long)]
    pub(crate) statements: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchList {
    #[command(flatten)]
    pub(crate) target: BenchTarget,
    /// Over how many tenants the runs are spread; the person sees them all.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = at_least_one)]
    pub(crate) tenants: usize,
    /// How many requests of each kind, one after the other.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = at_least_one)]
    pub(crate) requests: usize,
    /// How many viewers poll at once at the end, each every two seconds.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) viewers: usize,
}

#[derive(Debug, Args)]
pub(crate) struct BenchGraph {
    /// A database to measure on, empty or made by a benchmark before; without it, a temporary SQLite file.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// How many rounds of fifty tenants, each without and with one that is throttled.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    pub(crate) rounds: usize,
    /// Makes the sandbox's data; the same seed makes the same.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Prints one line of JSON at the end.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Gated, durable, audited runs with nothing to do, by one worker process; and from a press of start to `running`.
    Runs(BenchRuns),
    /// Whole tenants read from the sandbox: one with 5,000 groups and 800 policies, and fifty at once while one is throttled.
    Graph(BenchGraph),
    /// The operations list over many runs, through HTTP: first byte of the page, polls with nothing new, memory.
    List(BenchList),
}
