//! The program of this build, started as a person starts it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use crate::{
    http::{Answer, ask},
    wait::{Log, until},
};

/// The program with a site of empty files: these tests look at no page's looks.
fn program(site: &Path) -> Command {
    fs::create_dir_all(site).unwrap();
    let manifest = r#"{"js":"pkg/a.js","wasm":"pkg/a.wasm","css":"pkg/a.css"}"#;
    fs::write(site.join("manifest.json"), manifest).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenant-atlas"));
    command
        .env("TENANT_ATLAS_SITE_DIR", site)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(&folder.join("site"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    url: String,
    log: Log,
    /// Kept open: a program whose reader has gone cannot print.
    _stdout: BufReader<std::process::ChildStdout>,
}

impl Server {
    /// Starts `serve` or `web` with these arguments on a port of the system's choice.
    pub fn start(folder: &Path, command: &str, arguments: &[&str]) -> Self {
        let mut child = program(&folder.join("site"))
            .args([command, "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("TenantAtlas listens on ") else {
            panic!("the server did not start: {}", log.text());
        };
        Self {
            child,
            url: url.to_owned(),
            log,
            _stdout: stdout,
        }
    }

    /// What it has written on stderr.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Waits until it can do its work.
    pub fn until_ready(&self) {
        until("ready", &self.log, || {
            self.get("/readyz", None).status == 200
        });
    }

    /// Where it listens, as host and port.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Opens a page.
    pub fn get(&self, path: &str, session: Option<&str>) -> Answer {
        ask(&self.url, "GET", path, session, None)
    }

    /// Posts a form, as a script does.
    pub fn post(&self, path: &str, session: &str, form: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        ask(&self.url, "POST", path, Some(session), Some((kind, form)))
    }

    /// Asks a server function that a page reads from.
    pub fn read(&self, path: &str, session: &str, json: &str) -> Answer {
        let kind = "application/json";
        ask(&self.url, "POST", path, Some(session), Some((kind, json)))
    }

    /// Asks the program to stop and waits until it has.
    pub fn stop(mut self) -> bool {
        self.terminated().success()
    }

    /// Asks the program to stop, waits until it has, and answers how it ended.
    pub fn terminated(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A worker that runs until it is dropped, and goes on before that if it was stopped.
pub struct Worker {
    child: Child,
    log: Log,
}

impl Worker {
    /// Starts `worker` with these arguments; it may have to wait before it can work.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let child = program(&folder.join("site"))
            .arg("worker")
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let log = Log::of(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// What it has written on stderr.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Sends it a signal, by the name that `kill` takes.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.unwrap().success(), "{name}");
    }

    /// Asks it to stop and waits until it has; answers whether it ended well, and after how long.
    pub fn stop(mut self) -> (bool, Duration) {
        let begun = Instant::now();
        self.signal("-TERM");
        let ended = self.child.wait().unwrap();
        (ended.success(), begun.elapsed())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
