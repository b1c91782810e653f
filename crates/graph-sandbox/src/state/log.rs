//! The file that changes are appended to, one line a change, before anybody is told of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::{Handle, RuntimeFlavor};

/// An open log. What was told of is on the disk: a kill or a power cut loses at most the line being written.
#[derive(Debug)]
pub(crate) struct Log {
    tail: Mutex<Tail>,
    /// The same file, for syncing beside writes; and how many of its bytes are on the disk for sure.
    synced: Mutex<(File, u64)>,
}

#[derive(Debug)]
struct Tail {
    file: File,
    length: u64,
    /// A line could not be taken back, or it is not known what of it reached the disk.
    broken: bool,
}

impl Log {
    /// Writes `lines` as a new file in the place of `path`, whole or not at all, and goes on behind them.
    pub(crate) fn replace(path: &Path, lines: &[String]) -> io::Result<Self> {
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        let mut text = String::new();
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(Self {
            synced: Mutex::new((file.try_clone()?, length)),
            tail: Mutex::new(Tail {
                file,
                length,
                broken: false,
            }),
        })
    }

    /// Adds one line with a single write, and returns when it is on the disk.
    pub(crate) fn append(&self, line: &str) -> io::Result<()> {
        let end = self.tail().write(line)?;
        patiently(|| self.sync(end))
    }

    /// Makes sure that the first `end` bytes are on the disk.
    ///
    /// Lines that were written while another was synced share the next sync.
    fn sync(&self, end: u64) -> io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if synced.1 >= end {
            return Ok(());
        }
        let written = {
            let tail = self.tail();
            if tail.broken {
                return Err(broken());
            }
            tail.length
        };
        // After a sync that failed nobody knows what of the file is on the disk, and a second one does not tell.
        synced.0.sync_data().inspect_err(|_| {
            self.tail().broken = true;
        })?;
        synced.1 = written;
        Ok(())
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tail {
    /// Adds one line; answers where it ends.
    fn write(&mut self, line: &str) -> io::Result<u64> {
        if self.broken {
            return Err(broken());
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        match self.file.write_all(&bytes) {
            Ok(()) => {
                self.length += u64::try_from(bytes.len()).unwrap_or(0);
                Ok(self.length)
            }
            Err(error) => {
                let length = self.length;
                let undone = self
                    .file
                    .set_len(length)
                    .and_then(|()| self.file.seek(SeekFrom::Start(length)).map(|_| ()));
                self.broken = undone.is_err();
                Err(error)
            }
        }
    }
}

fn broken() -> io::Error {
    io::Error::other("an earlier line could not be written or taken back")
}

/// Does what may wait for a disk or for another change, without keeping the other requests from going on.
pub(super) fn patiently<T>(wait: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    match flavor {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}

/// The whole lines of a log; what a killed program left of its last one is no line.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    whole.map_or_else(Vec::new, |text| text.split('\n').collect())
}

#[cfg(test)]
mod tests {
    use super::{Log, lines};

    #[test]
    fn a_line_is_on_the_disk_when_its_writer_goes_on() {
        let name = format!("graph-sandbox-log-{}", uuid::Uuid::new_v4());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("changes.jsonl");
        let log = Log::replace(&path, &["first".to_owned()]).unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let (log, path) = (&log, &path);
                scope.spawn(move || {
                    for nth in 0..25 {
                        let line = format!("{writer} {nth}");
                        log.append(&line).unwrap();
                        let synced = log.synced.lock().unwrap().1;
                        let text = std::fs::read_to_string(path).unwrap();
                        let end = text.find(&format!("\n{line}\n")).unwrap() + line.len() + 2;
                        assert!(u64::try_from(end).unwrap() <= synced, "{line}");
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(lines(&text).len(), 101);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_line() {
        assert_eq!(lines("a\nb\nc"), ["a", "b"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert!(lines("a").is_empty() && lines("").is_empty());
    }
}
