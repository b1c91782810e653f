//! The file that changes are appended to, one line a change, before anybody is told of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// An open log. A killed program loses at most the line it was writing.
#[derive(Debug)]
pub(crate) struct Log(Mutex<Tail>);

#[derive(Debug)]
struct Tail {
    file: File,
    length: u64,
    /// A line that was half written could not be taken back.
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
        Ok(Self(Mutex::new(Tail {
            file,
            length,
            broken: false,
        })))
    }

    /// Adds one line with a single write.
    pub(crate) fn append(&self, line: &str) -> io::Result<()> {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.broken {
            return Err(io::Error::other("an earlier line could not be taken back"));
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        match tail.file.write_all(&bytes) {
            Ok(()) => {
                tail.length += u64::try_from(bytes.len()).unwrap_or(0);
                Ok(())
            }
            Err(error) => {
                let length = tail.length;
                let undone = tail
                    .file
                    .set_len(length)
                    .and_then(|()| tail.file.seek(SeekFrom::Start(length)).map(|_| ()));
                tail.broken = undone.is_err();
                Err(error)
            }
        }
    }
}

/// The whole lines of a log; what a killed program left of its last one is no line.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    whole.map_or_else(Vec::new, |text| text.split('\n').collect())
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_line_that_was_cut_off_is_no_line() {
        assert_eq!(lines("a\nb\nc"), ["a", "b"]);
        assert_eq!(lines("a\n"), ["a"]);
        assert!(lines("a").is_empty() && lines("").is_empty());
    }
}
