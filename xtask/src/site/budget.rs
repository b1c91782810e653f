//! How large the wasm may be, from a checked-in file.

use std::fs;

use anyhow::{Context, Result, bail};

use super::Flavour;
use crate::layout::Layout;

/// The largest sizes allowed, in brotli bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    dev: u64,
    dist: u64,
}

impl Budget {
    /// Reads `specs/golden/wasm-budget.txt`.
    pub fn read(layout: &Layout) -> Result<Self> {
        let file = layout.root.join("specs/golden/wasm-budget.txt");
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text)
    }

    /// Reads lines of `profile bytes`; `#` starts a comment.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self {
            dev: figure(text, Flavour::Dev.profile())?,
            dist: figure(text, Flavour::Dist.profile())?,
        })
    }

    /// An error where the size is beyond the budget.
    pub fn hold(self, flavour: Flavour, size: u64) -> Result<()> {
        let allowed = match flavour {
            Flavour::Dev => self.dev,
            Flavour::Dist => self.dist,
        };
        if size > allowed {
            bail!(
                "the wasm is {size} bytes in brotli, its budget is {allowed} ({})",
                flavour.profile()
            );
        }
        Ok(())
    }
}

fn figure(text: &str, profile: &str) -> Result<u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut pairs = lines.filter_map(|line| line.split_once(' '));
    let (_, bytes) = pairs
        .find(|(name, _)| *name == profile)
        .with_context(|| format!("the wasm budget has no line for {profile}"))?;
    bytes
        .trim()
        .parse()
        .with_context(|| format!("`{bytes}` is no number of bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# brotli\nwasm-dev 500\nwasm-release 350\n";

    #[test]
    fn a_size_beyond_its_own_budget_is_refused() {
        let budget = Budget::parse(TEXT).unwrap();
        assert!(budget.hold(Flavour::Dev, 500).is_ok());
        assert!(budget.hold(Flavour::Dist, 500).is_err());
    }

    #[test]
    fn a_missing_line_is_an_error() {
        assert!(Budget::parse("wasm-dev 500\n").is_err());
    }
}
