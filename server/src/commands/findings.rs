//! What `doctor` found, for a person or for a program.

use std::fmt;

use anyhow::bail;
use serde::Serialize;
use serde_json::json;

use crate::process::told;

/// Whether something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// It is in order.
    Ok,
    /// It is in order, and worth knowing.
    Note,
    /// It is not in order.
    Fault,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Fault => "fault",
        })
    }
}

#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    about: &'static str,
    says: String,
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Something is in order.
    pub(crate) fn ok(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(Level::Ok, about, says.into());
    }

    /// Something is worth knowing.
    pub(crate) fn note(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(Level::Note, about, says.into());
    }

    /// Something is not in order.
    pub(crate) fn fault(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(Level::Fault, about, says.into());
    }

    /// Something could not be looked at.
    pub(crate) fn error(&mut self, about: &'static str, error: &anyhow::Error) {
        self.fault(about, told(error));
    }

    fn add(&mut self, level: Level, about: &'static str, says: String) {
        self.0.push(Finding { level, about, says });
    }

    /// Prints it; fails when anything is not in order.
    pub(crate) fn tell(&self, json: bool) -> anyhow::Result<()> {
        let faults = self.0.iter().filter(|it| it.level == Level::Fault).count();
        if json {
            println!("{}", json!({ "ok": faults == 0, "findings": self.0 }));
        } else {
            for Finding { level, says, .. } in &self.0 {
                println!("{level:<5} {says}");
            }
        }
        match faults {
            0 => Ok(()),
            1 => bail!("one thing is not in order"),
            _ => bail!("{faults} things are not in order"),
        }
    }
}
