//! The browser stories: Playwright on the real binary.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::tally::Tally;
use crate::layout::{Layout, SITE_DIR_VARIABLE};
use crate::process;
use crate::setup::tools;
use crate::site::{self, Flavour};

/// Builds what the stories look at and plays them.
pub fn run(layout: &Layout, passed_on: &[String]) -> Result<Tally> {
    let site = site::build(layout, Flavour::Dev)?;
    let binary = crate::build_server(layout)?;
    let chromium = tools::chromium().context("no Chromium was found")?;
    let report = layout.target.join("stories.json");
    if report.exists() {
        // An old report must not be counted when Playwright does not start.
        fs::remove_file(&report)?;
    }
    let status = process::program(layout.npm_program("playwright"))
        .current_dir(layout.root.join("end2end"))
        .arg("test")
        .args(passed_on)
        .env("TENANT_ATLAS_BIN", binary)
        .env("TENANT_ATLAS_CHROMIUM", chromium)
        .env("TENANT_ATLAS_STORIES_REPORT", &report)
        .env(SITE_DIR_VARIABLE, site.folder)
        .status()
        .context("cannot start Playwright")?;
    Ok(read_report(&report)?.with_exit(status.success()))
}

fn read_report(file: &Path) -> Result<Tally> {
    let text = fs::read_to_string(file).context("Playwright left no report")?;
    count(&serde_json::from_str(&text).context("Playwright's report is no JSON")?)
}

/// A flaky story is a failed one: it says something untrue half of the time.
fn count(report: &Value) -> Result<Tally> {
    let stats = report
        .get("stats")
        .context("Playwright's report has no counts")?;
    let figure = |name: &str| stats.get(name).and_then(Value::as_u64).unwrap_or(0);
    Ok(Tally {
        passed: figure("expected"),
        failed: figure("unexpected") + figure("flaky"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_flaky_story_counts_as_failed() {
        let report = json!({"stats": {"expected": 4, "unexpected": 1, "flaky": 1, "skipped": 2}});
        assert_eq!(
            count(&report).unwrap(),
            Tally {
                passed: 4,
                failed: 2
            }
        );
    }

    #[test]
    fn a_report_without_counts_is_an_error() {
        assert!(count(&json!({})).is_err());
    }
}
