//! A program whose lines are read as they come, and that is ended when it stands still.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// What a program printed, and whether it ended well.
#[derive(Debug)]
pub struct Ended {
    /// Its standard output.
    pub printed: String,
    /// Whether it exited with 0.
    pub success: bool,
}

/// Runs a command to its end with its errors shown.
///
/// Without a line for `patience` it is ended with what it had started, and the error names the tests that were
/// under way and holds what had been printed: a run that stands still would otherwise say nothing at all.
pub fn run(command: &mut Command, patience: Duration) -> Result<Ended> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start it")?;
    let stdout = child.stdout.take().context("it has no output")?;
    let (line, lines) = mpsc::channel();
    thread::spawn(move || {
        // Ends with the output, or when nobody listens any more.
        for read in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            if line.send(read).is_err() {
                break;
            }
        }
    });
    let mut printed = String::new();
    loop {
        match lines.recv_timeout(patience) {
            Ok(line) => {
                printed.push_str(&String::from_utf8_lossy(&line));
                printed.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                let tests = under_way(&printed).join(", ");
                bail!("nothing for {patience:?}; long under way: [{tests}]\n{printed}");
            }
        }
    }
    let success = child.wait().context("it cannot be waited for")?.success();
    Ok(Ended { printed, success })
}

/// Ends a program and what it has started itself: cargo leaves a test binary behind.
fn end(child: &mut Child) {
    let parent = child.id().to_string();
    let _ = process::program("pkill")
        .args(["-KILL", "-P", &parent])
        .status();
    let _ = child.kill();
    let _ = child.wait();
}

/// The tests that libtest has called slow and whose end it has not told.
fn under_way(printed: &str) -> Vec<&str> {
    let slow = printed.lines().filter_map(|line| {
        let name = line.strip_prefix("test ")?;
        Some(name.split_once(" has been running for ")?.0)
    });
    let has_ended = |name: &str| printed.contains(&format!("test {name} ... "));
    slow.filter(|name| !has_ended(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_ends_is_read_to_its_end() {
        let ended = run(
            &mut shell("echo one; echo two; exit 3"),
            Duration::from_secs(60),
        );
        let ended = ended.unwrap();
        assert_eq!(
            (&*ended.printed, ended.success),
            ("one\ntwo\n", false),
            "{ended:?}"
        );
    }

    #[test]
    fn what_stands_still_is_ended_and_named() {
        let said = "test a::slow has been running for over 60 seconds";
        // Nobody ever writes into this pipe.
        let mut command = shell(&format!("echo '{said}'; read never; echo late"));
        command.stdin(Stdio::piped());
        let error = run(&mut command, Duration::from_millis(300)).unwrap_err();
        assert!(error.to_string().contains("[a::slow]"), "{error}");
    }

    #[test]
    fn a_slow_test_that_has_ended_is_not_under_way() {
        let printed = "test a has been running for over 60 seconds\n\
                       test b has been running for over 60 seconds\n\
                       test a ... ok\n";
        assert_eq!(under_way(printed), ["b"]);
    }
}
