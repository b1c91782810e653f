//! A throw-away PostgreSQL cluster for the time of a test run.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::process;
use crate::setup::tools;

/// The account that PostgreSQL runs under when xtask itself is root.
const SYSTEM_USER: &str = "postgres";

/// A running cluster; dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes a cluster in a temporary folder and starts it on a free loopback port.
    pub fn start() -> Result<Self> {
        let programs = tools::postgres_programs().context("PostgreSQL's initdb is missing")?;
        let folder = std::env::temp_dir().join(format!("tenant-atlas-pg-{}", std::process::id()));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        match Self::start_in(&programs, &folder) {
            Ok(cluster) => Ok(cluster),
            Err(error) => {
                // No cluster came to be, so nobody else would remove it.
                let _ = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    /// The URL of the cluster's superuser.
    pub fn url(&self) -> String {
        format!("postgres://{SYSTEM_USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// The folder of `initdb` and `postgres`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    fn start_in(programs: &Path, folder: &Path) -> Result<Self> {
        if process::is_root() {
            let (user, group) = (id("-u")?, id("-g")?);
            chown(folder, Some(user), Some(group))?;
        }
        let data = folder.join("data");
        process::run_quietly(
            unprivileged(&programs.join("initdb"))
                .current_dir(folder)
                .args([
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ])
                .args(["--username", SYSTEM_USER, "--pgdata"])
                .arg(&data),
        )?;
        let port = free_port()?;
        let log = folder.join("server.log");
        let server = unprivileged(&programs.join("postgres"))
            .current_dir(folder)
            .args(settings(folder, port))
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log)?)
            .spawn()
            .context("cannot start PostgreSQL")?;
        let mut cluster = Self {
            server,
            programs: programs.to_owned(),
            folder: folder.to_owned(),
            port,
        };
        cluster.wait_until_ready(programs, &log)?;
        Ok(cluster)
    }

    fn wait_until_ready(&mut self, programs: &Path, log: &Path) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(60) {
            let ready = process::program(programs.join("pg_isready"))
                .args([
                    "--quiet",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    &self.port.to_string(),
                ])
                .status()?;
            if ready.success() {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                bail!(
                    "PostgreSQL ended at once ({status})\n{}",
                    fs::read_to_string(log)?
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!(
            "PostgreSQL was not ready within a minute\n{}",
            fs::read_to_string(log)?
        )
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Quit at once: nothing in it is worth a checkpoint.
        let pid = self.server.id().to_string();
        let _ = process::program("kill").args(["-QUIT", &pid]).status();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The server refuses to run as root, and must not outlive xtask.
fn unprivileged(program: &Path) -> Command {
    let mut command = process::program("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if process::is_root() {
        command.args([
            "--reuid",
            SYSTEM_USER,
            "--regid",
            SYSTEM_USER,
            "--init-groups",
        ]);
    }
    command.arg(program);
    command
}

/// Fast and forgetful, since the files go when the tests end.
fn settings(folder: &Path, port: u16) -> Vec<String> {
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=300".to_owned(),
        "fsync=off".to_owned(),
        "synchronous_commit=off".to_owned(),
        "full_page_writes=off".to_owned(),
    ];
    settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn id(flag: &str) -> Result<u32> {
    let printed = process::capture(process::program("id").args([flag, SYSTEM_USER]))?;
    ensure!(
        !printed.trim().is_empty(),
        "there is no account `{SYSTEM_USER}`"
    );
    printed.trim().parse().context("`id` printed no number")
}
