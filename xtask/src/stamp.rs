//! Remembers what a step was made from, so that an unchanged step is skipped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::layout::Layout;
use crate::process;

/// The inputs of one step, boiled down to one line.
#[derive(Debug)]
pub struct Stamp {
    file: PathBuf,
    line: String,
}

impl Stamp {
    /// Reads every input file, folders with all they hold.
    pub fn of(layout: &Layout, step: &str, inputs: &[PathBuf]) -> Result<Self> {
        let mut hasher = Sha256::new();
        for input in inputs {
            add(&mut hasher, input)?;
        }
        let file = layout.target.join("xtask-stamps").join(step);
        Ok(Self {
            file,
            line: hex(&hasher.finalize()),
        })
    }

    /// Whether the step last ran on the same inputs and its output still stands.
    pub fn holds(&self, output: &Path) -> bool {
        output.exists() && fs::read_to_string(&self.file).is_ok_and(|line| line == self.line)
    }

    /// Writes the stamp, after the step went well.
    pub fn keep(&self) -> Result<()> {
        process::create_parent(&self.file)?;
        fs::write(&self.file, &self.line)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// The first 16 hex digits of a file's SHA-256, for its name.
pub fn content_hash(content: &[u8]) -> String {
    hex(&Sha256::digest(content)).chars().take(16).collect()
}

fn add(hasher: &mut Sha256, path: &Path) -> Result<()> {
    hasher.update(path.as_os_str().as_encoded_bytes());
    if path.is_dir() {
        let mut entries = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| add(hasher, entry));
    }
    let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    hasher.update(content.len().to_le_bytes());
    hasher.update(&content);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
