//! One cluster: made, started, ended in every way, started again.

use std::{
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use crate::{
    account::{SYSTEM_USER, hand_over, plain, unprivileged},
    log::{Began, Log},
    silence::signal_all,
};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A file or a program could not be had.
    #[error("making or starting a PostgreSQL cluster")]
    Io(#[from] io::Error),
    /// `initdb` did not do its work.
    #[error("initdb failed:\n{0}")]
    NotMade(String),
    /// The server did not come up.
    #[error("PostgreSQL did not become ready:\n{0}")]
    NotReady(String),
}

/// What a cluster keeps when it is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing need be left: fast, for tests that throw it away.
    Nothing,
    /// Every committed transaction; the machine itself does not fail.
    Commits,
}

/// How a server is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are broken off and everything is written: `pg_ctl stop -m fast`.
    Fast,
    /// It ends at once, and recovers as it starts: `pg_ctl stop -m immediate`.
    Immediate,
    /// The postmaster is killed with its children left behind: `kill -9`.
    Kill,
}

impl Stop {
    const fn signal(self) -> &'static str {
        match self {
            Self::Fast => "-INT",
            Self::Immediate => "-QUIT",
            Self::Kill => "-KILL",
        }
    }
}

/// A cluster in a temporary folder; dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    keep: Keep,
    server: Option<Child>,
    is_frozen: bool,
}

impl Cluster {
    /// Makes a cluster and starts it on a free loopback port.
    ///
    /// # Errors
    /// When it cannot be made or does not come up.
    pub fn start(programs: &Path, keep: Keep) -> Result<Self, ClusterError> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        // Two clusters of one process have different ports.
        let name = format!("tenant-atlas-pg-{}-{port}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        // From here on dropping it removes the folder.
        let mut cluster = Self {
            programs: programs.to_owned(),
            folder,
            port,
            keep,
            server: None,
            is_frozen: false,
        };
        hand_over(&cluster.folder)?;
        cluster.make()?;
        cluster.go_on()?;
        Ok(cluster)
    }

    /// The URL of the cluster's superuser.
    pub fn url(&self) -> String {
        format!("postgres://{SYSTEM_USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// The folder of `initdb` and `postgres`.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// Gives a folder to the account that the server runs under, so that it may keep files there.
    ///
    /// # Errors
    /// When this process may not.
    pub fn hand_over(&self, folder: &Path) -> io::Result<()> {
        hand_over(folder)
    }

    /// Lets the server stand still with all its children: connections stay, and nothing is answered.
    ///
    /// # Errors
    /// When the processes cannot be found or told.
    pub fn freeze(&mut self) -> Result<(), ClusterError> {
        if let Some(server) = &self.server {
            self.is_frozen = true;
            signal_all(server.id(), "-STOP")?;
        }
        Ok(())
    }

    /// Lets it go on where it stood; nothing, when it does not stand still.
    pub fn thaw(&mut self) {
        if !std::mem::take(&mut self.is_frozen) {
            return;
        }
        if let Some(server) = &self.server {
            // Nothing is lost when that fails: the server is ended with its folder.
            let _ = signal_all(server.id(), "-CONT");
        }
    }

    /// Ends the server and waits until its process is gone.
    pub fn stop(&mut self, how: Stop) {
        // What stands still hears no signal but one.
        self.thaw();
        let Some(mut server) = self.server.take() else {
            return;
        };
        let id = server.id().to_string();
        let _ = plain("kill").args([how.signal(), &id]).status();
        let _ = server.wait();
    }

    /// Starts the server on what it had, and waits until it answers.
    ///
    /// # Errors
    /// When it does not answer within a minute.
    pub fn go_on(&mut self) -> Result<(), ClusterError> {
        if self.is_running()? {
            return Ok(());
        }
        let begun = Instant::now();
        // After a kill the children that were left behind keep the memory for a moment; a server that is
        // started meanwhile says so and ends, and each such try takes as long as it takes.
        while begun.elapsed() < PATIENCE {
            let (mut server, log) = self.spawn()?;
            match log.until_ready(PATIENCE) {
                Began::Ready => {
                    self.server = Some(server);
                    return Ok(());
                }
                Began::Ended => {
                    server.wait()?;
                    if !self.said()?.contains("in use") {
                        break;
                    }
                }
                Began::NotInTime => {
                    self.server = Some(server);
                    break;
                }
            }
        }
        Err(ClusterError::NotReady(self.said()?))
    }

    fn said(&self) -> io::Result<String> {
        fs::read_to_string(self.folder.join("server.log"))
    }

    fn is_running(&mut self) -> io::Result<bool> {
        let ended = match &mut self.server {
            Some(server) => server.try_wait()?.is_some(),
            None => true,
        };
        Ok(!ended)
    }

    fn make(&self) -> Result<(), ClusterError> {
        let made = unprivileged(&self.programs.join("initdb"))
            .current_dir(&self.folder)
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "--username", SYSTEM_USER, "--pgdata"])
            .arg(self.folder.join("data"))
            .output()?;
        if made.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        Err(ClusterError::NotMade(said))
    }

    fn spawn(&self) -> io::Result<(Child, Log)> {
        let file = fs::File::create(self.folder.join("server.log"))?;
        let mut server = unprivileged(&self.programs.join("postgres"))
            .current_dir(&self.folder)
            .arg("-D")
            .arg(self.folder.join("data"))
            .args(self.settings())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = server.stderr.take();
        let said = said.ok_or_else(|| io::Error::other("the server cannot be heard"))?;
        Ok((server, Log::follow(said, file)))
    }

    fn settings(&self) -> Vec<String> {
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.display()),
            "max_connections=300".to_owned(),
            // The machine itself does not fail.
            "fsync=off".to_owned(),
        ];
        if self.keep == Keep::Nothing {
            settings.push("synchronous_commit=off".to_owned());
            settings.push("full_page_writes=off".to_owned());
        }
        settings
            .into_iter()
            .flat_map(|setting| ["-c".to_owned(), setting])
            .collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // At once: nothing in it is worth a checkpoint.
        self.stop(Stop::Immediate);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{ErrorKind, Read as _, Write as _},
        net::TcpStream,
    };

    use super::*;
    use crate::{
        programs,
        silence::{children, state_of},
    };

    /// Asks whether encryption is spoken, which the server's child answers with one letter.
    fn ask(cluster: &Cluster, patience: Duration) -> io::Result<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", cluster.port))?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
        let mut letter = [0];
        stream.read_exact(&mut letter)?;
        Ok(letter[0])
    }

    #[test]
    fn a_silent_server_answers_nobody_until_it_goes_on() {
        let mut cluster = Cluster::start(&programs().unwrap(), Keep::Nothing).unwrap();
        assert_eq!(ask(&cluster, PATIENCE).unwrap(), b'N');
        cluster.freeze().unwrap();
        let server = cluster.server.as_ref().unwrap().id();
        let all: Vec<u32> = [server]
            .into_iter()
            .chain(children(server).unwrap())
            .collect();
        assert!(all.len() > 3, "{all:?}");
        let begun = Instant::now();
        // A signal to stop is heard by and by; who was ending when it came has ended, and nobody buries it.
        let is_still = |it: &u32| state_of(*it).is_none_or(|(state, _)| matches!(state, 'T' | 'Z'));
        while !all.iter().all(is_still) {
            assert!(begun.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
        let silent = ask(&cluster, Duration::from_millis(200)).unwrap_err();
        assert!(matches!(
            silent.kind(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut
        ));
        cluster.thaw();
        assert_eq!(ask(&cluster, PATIENCE).unwrap(), b'N');
        // Ended as it stands still, it leaves nobody behind.
        cluster.freeze().unwrap();
        drop(cluster);
        assert_eq!(children(server).unwrap(), []);
    }
}
