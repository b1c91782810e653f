//! The process of the pages: killed, started again on the same port, and when it was away.

use std::{
    path::{Path, PathBuf},
    process::Child,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use domain::ids::WorkspaceId;
use tokio::time::Instant;

use crate::{
    check::{Broken, of_trial},
    http,
    processes::{Service, begin},
    wait::Wait,
};

/// How long pages may take until they are ready again (I11).
const RECOVERY: Duration = Duration::from_secs(10);

/// Something that a person may do at any time, and that is written down: somebody chooses their workspace.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// Whose session it is.
    pub(crate) session: String,
    pub(crate) workspace: WorkspaceId,
}

impl Choice {
    /// Whether the pages take it.
    async fn is_taken(&self, base: &str) -> bool {
        let (path, form) = (
            "/api/workspace/select",
            format!("workspace={}", self.workspace),
        );
        let answer = http::ask_as(base, "POST", path, Some(&self.session), &form).await;
        matches!(answer, Ok((200..=399, _)))
    }
}

/// What is known of the pages' absences, by whoever breaks them and whoever waits for them.
#[derive(Debug, Default)]
struct Known {
    /// How often something was broken or brought back that they rest on.
    turns: u64,
    /// The longest time from when everything was brought back until they were ready.
    longest: Duration,
    /// While the process did not answer; the last one may not be over.
    absences: Vec<(Instant, Option<Instant>)>,
}

/// What is known of the pages' absences.
#[derive(Debug, Default, Clone)]
pub(crate) struct Absences(Arc<Mutex<Known>>);

impl Absences {
    fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something that the pages rest on goes or comes: whoever waits for them counts anew, or not at all.
    pub(crate) fn turn(&self) -> u64 {
        self.with(|known| {
            known.turns += 1;
            known.turns
        })
    }

    /// The longest time from when everything was brought back until the pages were ready.
    pub(crate) fn longest(&self) -> Duration {
        self.with(|known| known.longest)
    }

    /// Whether they were too late once.
    pub(crate) fn broken(&self) -> Option<Broken> {
        let longest = self.longest();
        (longest > RECOVERY).then(|| {
            let rule = format!("I11 pages are ready within {} s", RECOVERY.as_secs());
            of_trial(&rule, format!("{} ms", longest.as_millis()))
        })
    }

    /// Whether the process was away for a part of a stretch of time.
    pub(crate) fn overlap(&self, from: Instant, until: Instant) -> bool {
        self.with(|known| {
            let mut absences = known.absences.iter();
            absences.any(|(gone, back)| *gone <= until && back.is_none_or(|back| from <= back))
        })
    }

    pub(crate) fn gone(&self) {
        self.with(|known| {
            known.turns += 1;
            known.absences.push((Instant::now(), None));
        });
    }

    /// For how long it was away in all.
    pub(crate) fn away(&self) -> Duration {
        let now = Instant::now();
        let length = |(gone, back): &(Instant, Option<Instant>)| back.unwrap_or(now) - *gone;
        self.with(|known| known.absences.iter().map(length).sum())
    }

    fn has_answered(&self, life: usize) {
        self.with(|known| {
            let is_same = known.absences.len() == life;
            if let (true, Some((_, back @ None))) = (is_same, known.absences.last_mut()) {
                *back = Some(Instant::now());
            }
        });
    }

    /// Whether somebody still waits: for the pages to be ready, or for the process to answer at all.
    fn is_awaited(&self, turn: u64, life: usize) -> bool {
        self.with(|known| {
            let is_away = known
                .absences
                .last()
                .is_some_and(|(_, back)| back.is_none());
            known.turns == turn || (known.absences.len() == life && is_away)
        })
    }

    fn took(&self, turn: u64, time: Duration) {
        self.with(|known| {
            if known.turns == turn {
                known.longest = known.longest.max(time);
            }
        });
    }

    /// Waits until the pages are ready and write down what a person does, or something else is broken or brought back.
    pub(crate) async fn until_ready(self, base: String, choice: Choice, turn: u64) {
        let begun = Instant::now();
        let wait = Wait::within(RECOVERY * 2);
        let life = self.with(|known| known.absences.len());
        while self.is_awaited(turn, life) {
            let answer = http::ask(&base, "GET", "/readyz", "").await;
            if answer.is_ok() {
                self.has_answered(life);
            }
            let is_ready = matches!(answer, Ok((200, _))) && choice.is_taken(&base).await;
            if is_ready || !wait.again().await {
                self.took(turn, begun.elapsed());
                break;
            }
        }
    }
}

/// The process, there or away.
pub(crate) struct Pages {
    program: PathBuf,
    arguments: Vec<String>,
    site: PathBuf,
    log: PathBuf,
    base: String,
    service: Option<Service>,
    again: Option<Child>,
    pub(crate) absences: Absences,
}

impl Pages {
    /// Starts it for the first time, on a free port.
    pub(crate) fn start(
        program: &Path,
        common: &[&str],
        site: &Path,
        log: PathBuf,
    ) -> Result<Self> {
        let arguments = |listen: &str| {
            let own = ["web", "--laboratory", "--listen", listen];
            let all = own.iter().chain(common).map(|&it| it.to_owned());
            all.collect::<Vec<_>>()
        };
        let first = arguments("127.0.0.1:0");
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        let service = Service::start(program, &first, site, &log)?;
        let base = service.line.trim().rsplit(' ').next();
        let base = base.unwrap_or_default().trim_end_matches('/').to_owned();
        let listen = base.strip_prefix("http://");
        let listen = listen.with_context(|| format!("no address: {}", service.line))?;
        Ok(Self {
            program: program.to_owned(),
            arguments: arguments(listen),
            site: site.to_owned(),
            log,
            service: Some(service),
            again: None,
            absences: Absences::default(),
            base,
        })
    }

    /// Where they are, whoever serves them.
    pub(crate) fn base(&self) -> String {
        self.base.clone()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.absences.gone();
        self.service = None;
        self.end();
    }

    /// Starts it again where it was, unless it is there; it may have to wait for the database.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        let is_there = match &mut self.again {
            Some(child) => child.try_wait()?.is_none(),
            None => self.service.is_some(),
        };
        if !is_there {
            let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
            let child = begin(&self.program, &arguments, &self.site, &self.log)?;
            self.again = Some(child);
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some(mut child) = self.again.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    const WELL: &str = "HTTP/1.0 200 OK\r\n\r\n";
    const AWAY: &str = "HTTP/1.0 503 Not now\r\n\r\n";

    /// Pages that give one answer to who looks, and one to who wants something written; their address.
    async fn answering(look: &'static str, write: &'static str) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let answer = if request.starts_with(b"POST") {
                    write
                } else {
                    look
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Ok(base)
    }

    /// What is said of pages that were killed and came back with these answers.
    async fn said_of(look: &'static str, write: &'static str) -> Result<Option<String>> {
        let absences = Absences::default();
        absences.gone();
        let turn = absences.turn();
        let base = answering(look, write).await?;
        let choice = Choice {
            session: "somebody's".to_owned(),
            workspace: WorkspaceId::from_uuid(uuid::Uuid::nil()),
        };
        absences.clone().until_ready(base, choice, turn).await;
        Ok(absences.broken().map(|broken| broken.rule))
    }

    #[tokio::test(start_paused = true)]
    async fn i11_pages_that_are_not_ready_in_time_are_named_and_others_are_not() -> Result<()> {
        for (look, write) in [(AWAY, AWAY), (WELL, AWAY)] {
            let never = said_of(look, write).await?;
            assert_eq!(never.as_deref(), Some("I11 pages are ready within 10 s"));
        }
        assert_eq!(said_of(WELL, WELL).await?, None);
        Ok(())
    }
}
