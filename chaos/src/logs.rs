//! What the processes of a trial wrote on stderr.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use domain::ids::{RunId, WorkerId};

use crate::{
    check::{Broken, of_trial},
    installation::Installation,
};

/// The folder with a file for each process.
#[derive(Debug, Clone)]
pub(crate) struct Logs(pub(crate) PathBuf);

impl Logs {
    /// The file of a worker process.
    pub(crate) fn of_worker(&self, worker: usize) -> PathBuf {
        self.0.join(format!("worker{worker}.log"))
    }

    /// Which process a worker is: each says its id when it begins.
    pub(crate) fn process_of(&self, worker: WorkerId, processes: usize) -> Option<usize> {
        let said = format!("worker {worker} claims runs");
        (0..processes).find(|process| text(&self.of_worker(*process)).contains(&said))
    }

    /// Whether a worker process has said that a run is not its own any more.
    pub(crate) fn has_let_go(&self, worker: usize, run: RunId) -> bool {
        let log = text(&self.of_worker(worker));
        let (lost, over) = (
            format!("lease lost, run {run}"),
            format!("no longer ours to end, run {run}"),
        );
        log.contains(&lost) || log.contains(&over)
    }

    /// How often the database itself refused a claim, an end or a sweep in these words, as the workers' logs have it.
    pub(crate) fn refused_by_the_wall(&self, words: &[&str]) -> Result<u64> {
        let texts = self.texts()?;
        let said = |text: &str| {
            words
                .iter()
                .map(|words| text.matches(words).count())
                .sum::<usize>()
        };
        Ok(texts.iter().map(|(_, text)| said(text)).sum::<usize>() as u64)
    }

    /// Secrets that stand in what a process wrote.
    pub(crate) fn secrets(&self, installation: &Installation) -> Result<Vec<Broken>> {
        let mut found = Vec::new();
        for (name, text) in self.texts()? {
            for site in &installation.sites {
                if text.contains(&site.directory.client_secret) {
                    let what = format!("{name} has the secret of {}", site.directory.display_name);
                    found.push(of_trial("I13 no secret is written down", what));
                }
            }
        }
        Ok(found)
    }

    fn texts(&self) -> Result<Vec<(String, String)>> {
        let mut texts = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            texts.push((name.into_owned(), text(&path)));
        }
        Ok(texts)
    }
}

fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
