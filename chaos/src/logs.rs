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

    /// Claims, ends and sweeps that the database itself refused, as the workers' logs have them.
    pub(crate) fn refused_by_the_wall(&self) -> Result<u64> {
        let refused = "talking to the database";
        let count = self
            .texts()?
            .iter()
            .map(|(_, text)| text.matches(refused).count())
            .sum::<usize>();
        Ok(count as u64)
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
