//! The program under trial as processes: started, killed, stopped, woken up.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde::de::DeserializeOwned;

use crate::logs::Logs;

/// A program that ends when the thread that started it ends, whatever becomes of this process.
fn mortal(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL"])
        .arg(program)
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    command
}

fn log(file: &Path) -> Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    opened.with_context(|| format!("cannot write {}", file.display()))
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let _ = Command::new("kill").args([name, &id]).status();
}

/// Starts a program of which nobody reads what it says.
pub(crate) fn begin(program: &Path, arguments: &[&str], site: &Path, err: &Path) -> Result<Child> {
    let child = mortal(program)
        .args(arguments)
        .env("TENANT_ATLAS_SITE_DIR", site)
        .stdout(Stdio::null())
        .stderr(log(err)?)
        .spawn();
    child.with_context(|| format!("cannot start {}", program.display()))
}

/// A process that says one line when it is ready, and is killed at the end.
pub(crate) struct Service {
    child: Child,
    /// What it said.
    pub(crate) line: String,
    /// Kept open: a program whose reader has gone cannot print.
    _stdout: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it and waits for its line.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        site: &Path,
        err: &Path,
    ) -> Result<Self> {
        let mut child = mortal(program)
            .args(arguments)
            .env("TENANT_ATLAS_SITE_DIR", site)
            .stdout(Stdio::piped())
            .stderr(log(err)?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        if line.is_empty() {
            let said = fs::read_to_string(err).unwrap_or_default();
            bail!("{} {arguments:?} did not start:\n{said}", program.display());
        }
        Ok(Self {
            child,
            line,
            _stdout: stdout,
        })
    }

    /// What it said, as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.line).with_context(|| format!("no JSON: {}", self.line))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How worker processes are started.
#[derive(Debug, Clone)]
pub(crate) struct WorkerProgram {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// How long its leases last.
    pub(crate) lease: Duration,
    pub(crate) logs: Logs,
}

/// The worker processes, each alive, frozen or gone.
pub(crate) struct Workers {
    program: WorkerProgram,
    children: Vec<Option<Child>>,
}

impl Workers {
    /// Starts all of them.
    pub(crate) fn start(program: WorkerProgram, count: usize) -> Result<Self> {
        let mut workers = Self {
            program,
            children: (0..count).map(|_| None).collect(),
        };
        for worker in 0..count {
            workers.start_one(worker)?;
        }
        Ok(workers)
    }

    /// How many there are, alive or not.
    pub(crate) fn count(&self) -> usize {
        self.children.len()
    }

    /// Starts one that is not there.
    pub(crate) fn start_one(&mut self, worker: usize) -> Result<()> {
        self.start_with(worker, self.program.lease)
    }

    /// The same, with leases of another length.
    pub(crate) fn start_with(&mut self, worker: usize, lease: Duration) -> Result<()> {
        let err = log(&self.program.logs.of_worker(worker))?;
        let place = self.children.get_mut(worker).context("no such worker")?;
        if let Some(child) = place
            && child.try_wait()?.is_none()
        {
            return Ok(());
        }
        let child = mortal(&self.program.program)
            .args(&self.program.arguments)
            .args(["--lease-seconds", &lease.as_secs().to_string()])
            .stdout(Stdio::null())
            .stderr(err)
            .spawn()?;
        *place = Some(child);
        Ok(())
    }

    /// SIGKILL; whatever it was doing stays as it is.
    pub(crate) fn kill(&mut self, worker: usize) {
        if let Some(mut child) = self.children.get_mut(worker).and_then(Option::take) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGSTOP: it stands still and its leases run out.
    pub(crate) fn freeze(&self, worker: usize) {
        self.signal(worker, "-STOP");
    }

    /// SIGCONT: it goes on as if nothing had been.
    pub(crate) fn thaw(&self, worker: usize) {
        self.signal(worker, "-CONT");
    }

    fn signal(&self, worker: usize, name: &str) {
        if let Some(Some(child)) = self.children.get(worker) {
            signal(child, name);
        }
    }

    /// Wakes up, and starts where need be, all of them.
    pub(crate) fn heal(&mut self) -> Result<()> {
        for worker in 0..self.children.len() {
            self.thaw(worker);
            self.start_one(worker)?;
        }
        Ok(())
    }

    /// Asks all of them to stop, and waits; answers how many did not end well.
    pub(crate) fn stop(&mut self) -> usize {
        for worker in 0..self.children.len() {
            self.signal(worker, "-TERM");
        }
        let ended = self.children.iter_mut().flatten().map(Child::wait);
        let badly = ended.filter(|status| !status.as_ref().is_ok_and(|it| it.success()));
        badly.count()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for worker in 0..self.children.len() {
            self.kill(worker);
        }
    }
}
