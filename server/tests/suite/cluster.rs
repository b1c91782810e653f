//! A PostgreSQL server of a test's own, which the test stops and starts as it likes.

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, chown},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Once,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The account that PostgreSQL runs under when the test itself is root.
const SYSTEM_USER: &str = "postgres";

/// A cluster in a temporary folder; dropping it stops the server and removes its files.
pub struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it; none when nobody said where PostgreSQL's programs are.
    pub fn start() -> Option<Self> {
        let Some(programs) = std::env::var_os("TENANT_ATLAS_TEST_PG_PROGRAMS") else {
            say_that_this_is_left_out();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            chown(folder.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let mut cluster = Self {
            programs: programs.into(),
            folder,
            port,
            server: None,
        };
        let made = cluster
            .program("initdb")
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "--username", SYSTEM_USER, "--pgdata"])
            .arg(cluster.folder.path().join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        cluster.go_on();
        Some(cluster)
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://{SYSTEM_USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Has the server's own administrator say something to it.
    pub fn sql(&self, statement: &str) {
        let port = self.port.to_string();
        let said = self
            .program("psql")
            .args(["--quiet", "--host", "127.0.0.1", "--port", &port])
            .args(["--username", SYSTEM_USER, "--dbname", "postgres"])
            .args(["--command", statement])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    /// Ends the server at once, as a machine that fails does.
    pub fn break_off(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let id = server.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &id]).status();
        let _ = server.wait();
    }

    /// Starts the server on what it had.
    pub fn go_on(&mut self) {
        let folder = self.folder.path().to_owned();
        let log = fs::File::create(folder.join("server.log")).unwrap();
        let server = self
            .program("postgres")
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("port={}", self.port))
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.display()))
            // What was committed must be there after the break; the machine itself does not fail.
            .args(["-c", "fsync=off"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.server = Some(server);
        let begun = Instant::now();
        while !self.is_ready() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{}",
                fs::read_to_string(folder.join("server.log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_ready(&self) -> bool {
        let port = self.port.to_string();
        let asked = Command::new(self.programs.join("pg_isready"))
            .args(["--quiet", "--host", "127.0.0.1", "--port", &port])
            .status();
        asked.unwrap().success()
    }

    /// One of PostgreSQL's programs, which refuse to run as root; it does not outlive the test.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .current_dir(self.folder.path())
            .args(["--pdeathsig", "QUIT"]);
        if is_root() {
            command.args([
                "--reuid",
                SYSTEM_USER,
                "--regid",
                SYSTEM_USER,
                "--init-groups",
            ]);
        }
        command.arg(self.programs.join(name));
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.break_off();
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

fn id(flag: &str) -> u32 {
    let printed = Command::new("id").args([flag, SYSTEM_USER]).output();
    let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
    printed.trim().parse().unwrap()
}

/// Past the capturing of test output: nobody may take half a suite for a whole one.
fn say_that_this_is_left_out() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "outages of PostgreSQL NOT RUN: set TENANT_ATLAS_TEST_PG_PROGRAMS to the folder of initdb to run them"
        );
    });
}
