//! How a test waits for what another process does.
//!
//! What a process says is waited for as it says it. What it does not say, a page's state or a call at the
//! sandbox, is looked at again: the one place where that happens is [`until`], and it is bounded.

use std::{
    io::{BufRead as _, BufReader},
    process::ChildStderr,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use domain::ids::RunId;

/// Longer than anything takes on a busy machine; nothing is concluded from how long it took.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a process writes on stderr, as it writes it.
#[derive(Clone)]
pub struct Log(Arc<(Mutex<String>, Condvar)>);

impl Log {
    /// Follows it for as long as the process lives.
    pub fn of(stderr: ChildStderr) -> Self {
        let log = Self(Arc::default());
        let told = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let (text, more) = &*told.0;
                let mut text = text.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
                more.notify_all();
            }
        });
        log
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        self.0.0.lock().unwrap().clone()
    }

    /// Waits until it says something.
    pub fn until_said(&self, words: &str) {
        let (text, more) = &*self.0;
        let text = text.lock().unwrap();
        let is_unsaid = |text: &mut String| !text.contains(words);
        let (text, waited) = more.wait_timeout_while(text, PATIENCE, is_unsaid).unwrap();
        assert!(!waited.timed_out(), "never said: {words}\n{text}");
    }

    /// Waits until it says that it has ended a run, which it says when that is durable.
    pub fn until_ended(&self, run: RunId) {
        self.until_said(&format!("run {run} ended"));
    }
}

/// Looks again until something is so that nobody says; fails when it has not come about in a generous time.
pub fn until(what: &str, log: &Log, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < PATIENCE,
            "never came about: {what}\n{}",
            log.text()
        );
        thread::sleep(Duration::from_millis(20));
    }
}
