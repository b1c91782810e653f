//! What a server says, as it says it: written to a file, and told to whoever waits for it.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    process::ChildStderr,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// What a server says when it answers from now on.
const READY: &str = "database system is ready to accept connections";

/// How the beginning of a server went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Began {
    /// It answers.
    Ready,
    /// It has ended, as one does whose files another one still has.
    Ended,
    /// It has said neither in time.
    NotInTime,
}

/// The log of one server.
pub(crate) struct Log(Receiver<String>);

impl Log {
    /// Follows what a server says into a file, for as long as it says anything.
    pub(crate) fn follow(said: ChildStderr, mut file: File) -> Self {
        let (tell, told) = channel();
        thread::spawn(move || -> io::Result<()> {
            for line in BufReader::new(said).lines() {
                let line = line?;
                writeln!(file, "{line}")?;
                // Nobody listens any more once it is ready.
                let _ = tell.send(line);
            }
            Ok(())
        });
        Self(told)
    }

    /// Waits until the server answers, or has ended.
    pub(crate) fn until_ready(&self, patience: Duration) -> Began {
        let begun = Instant::now();
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            match self.0.recv_timeout(left) {
                Ok(line) if line.contains(READY) => return Began::Ready,
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return Began::Ended,
                Err(RecvTimeoutError::Timeout) => return Began::NotInTime,
            }
        }
    }
}
