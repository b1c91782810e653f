//! What the program takes of its machine while a trial goes on (I12).

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::check::{Broken, of_trial};

/// The most of each that was seen at once, by one process or in one file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Burden {
    /// Open descriptors of one process.
    descriptors: u64,
    /// Resident memory of one process at its highest, in KiB.
    resident_kib: u64,
    /// SQLite's log, in KiB.
    log_kib: u64,
}

/// What a sound program stays within, whatever is done to it.
///
/// Descriptors: the most that a pool of the database takes is 12 connections, and a few more stand for what is
/// being opened while others are given up; people, provider and processes take one each. Memory is the bar for a
/// thousand viewers. SQLite folds 32 MiB of log back at a commit, and what is written meanwhile is as much at most.
const BOUNDS: Burden = Burden {
    descriptors: 128,
    resident_kib: 200 * 1024,
    log_kib: 64 * 1024,
};

impl Burden {
    /// The more of both, each figure by itself.
    fn and(self, other: Self) -> Self {
        Self {
            descriptors: self.descriptors.max(other.descriptors),
            resident_kib: self.resident_kib.max(other.resident_kib),
            log_kib: self.log_kib.max(other.log_kib),
        }
    }

    /// What goes beyond its bound.
    pub(crate) fn broken(self) -> Vec<Broken> {
        let figures = [
            ("descriptors", self.descriptors, BOUNDS.descriptors),
            ("KiB of memory", self.resident_kib, BOUNDS.resident_kib),
            ("KiB of log", self.log_kib, BOUNDS.log_kib),
        ];
        let nobody = (self.resident_kib == 0).then(|| {
            let rule = "I12 the processes of the program are looked at";
            of_trial(rule, "none was found".to_owned())
        });
        let beyond = figures.into_iter().filter(|(_, held, most)| held > most);
        let told = beyond.map(|(what, held, most)| {
            let rule = format!("I12 no more than {most} {what}");
            of_trial(&rule, held.to_string())
        });
        nobody.into_iter().chain(told).collect()
    }

    /// In words.
    pub(crate) fn words(self) -> String {
        format!(
            "{} descriptors, {} MB of memory, {} MB of log",
            self.descriptors,
            self.resident_kib / 1024,
            self.log_kib / 1024
        )
    }
}

/// Whose burden it is.
#[derive(Debug, Clone)]
pub(crate) struct Bearers {
    /// The programs under trial, as the kernel names them.
    pub(crate) programs: Vec<PathBuf>,
    /// SQLite's log, where there is one.
    pub(crate) log: Option<PathBuf>,
}

impl Bearers {
    /// What they hold now, or held before where that was more.
    pub(crate) fn look(&self, before: Burden) -> Burden {
        let log = self.log.as_ref().and_then(|log| fs::metadata(log).ok());
        let of_log = Burden {
            log_kib: log.map_or(0, |log| log.len() / 1024),
            ..Burden::default()
        };
        self.processes()
            .filter_map(|process| held(&process))
            .fold(before.and(of_log), Burden::and)
    }

    /// The processes of this trial that run one of the programs; the provider, which is no part of it, does too.
    fn processes(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|process| {
            let program = fs::read_link(process.join("exe")).ok();
            program.is_some_and(|program| self.programs.contains(&program))
                && parent(process) == Some(std::process::id())
                && !is_provider(process)
        })
    }
}

fn parent(process: &Path) -> Option<u32> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    field(&status, "PPid:")?.parse().ok()
}

fn is_provider(process: &Path) -> bool {
    let command = fs::read(process.join("cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).nth(1) == Some(b"graph-sandbox")
}

/// A process that has just ended holds nothing.
fn held(process: &Path) -> Option<Burden> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    Some(Burden {
        descriptors: fs::read_dir(process.join("fd")).ok()?.count() as u64,
        resident_kib: field(&status, "VmHWM:")?.parse().ok()?,
        log_kib: 0,
    })
}

/// The first word after a name; `proc_pid_status(5)` tells the fields.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_what_goes_beyond_its_bound_is_named_and_nothing_else() {
        assert_eq!(BOUNDS.broken(), Vec::new());
        let unseen = Burden::default().broken();
        assert_eq!(unseen.len(), 1, "{unseen:?}");
        let beyond = Burden {
            descriptors: BOUNDS.descriptors + 1,
            log_kib: BOUNDS.log_kib + 1,
            ..BOUNDS
        };
        let rules: Vec<_> = beyond.broken().into_iter().map(|it| it.rule).collect();
        assert_eq!(
            rules,
            [
                "I12 no more than 128 descriptors",
                "I12 no more than 65536 KiB of log"
            ]
        );
    }

    #[test]
    fn i12_this_process_holds_what_it_has_opened() {
        let here = Path::new("/proc/self");
        let before = held(here).unwrap_or_default();
        let opened: Vec<_> = (0..50)
            .filter_map(|_| fs::File::open("/dev/null").ok())
            .collect();
        let after = held(here).unwrap_or_default();
        assert_eq!(opened.len(), 50);
        assert!(
            before.resident_kib > 0 && after.descriptors >= 50,
            "{after:?}"
        );
    }
}
