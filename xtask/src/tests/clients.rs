//! Published clients of Graph, unmodified, against the sandbox over TLS.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::tally::Tally;
use crate::layout::Layout;
use crate::process;
use crate::setup::clients;

/// A sandbox of its own for the time of the step.
struct Sandbox {
    child: Child,
    /// The line in which it says where it is and whom it knows.
    ready: String,
}

impl Sandbox {
    fn start(layout: &Layout) -> Result<Self> {
        let binary = crate::build_server(layout)?;
        let mut child = process::program(binary)
            .args(["graph-sandbox", "--json", "--control"])
            .args([
                "--listen",
                "127.0.0.1:0",
                "--scale",
                "large",
                "--tls-self-signed",
            ])
            .arg(layout.target.join("clients-tls"))
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the sandbox")?;
        let out = child.stdout.take().context("the sandbox says nothing")?;
        let mut ready = String::new();
        // Owned before anything can fail, so that it is stopped whatever happens.
        let mut sandbox = Self {
            child,
            ready: String::new(),
        };
        BufReader::new(out).read_line(&mut ready)?;
        sandbox.ready = ready.trim().to_owned();
        Ok(sandbox)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _: std::io::Result<()> = self.child.kill();
        let _: std::io::Result<std::process::ExitStatus> = self.child.wait();
    }
}

/// Plays the clients one after the other.
pub fn run(layout: &Layout) -> Result<Tally> {
    let sandbox = Sandbox::start(layout)?;
    let authority = layout.target.join("clients-tls/ca.pem");
    let folder = clients::folder(layout);
    let mut node = process::program("node");
    node.args(["--test", "--test-reporter=tap", "graph-client.test.mjs"])
        .env("NODE_EXTRA_CA_CERTS", &authority);
    let mut python = process::program(clients::python(layout));
    python
        .arg("msal_sign_in.py")
        .env("REQUESTS_CA_BUNDLE", &authority);
    let mut total = Tally::default();
    for command in [&mut node, &mut python] {
        command
            .current_dir(&folder)
            .env("TENANT_ATLAS_SANDBOX", &sandbox.ready);
        total = total.and(play(command)?);
    }
    Ok(total)
}

fn play(command: &mut Command) -> Result<Tally> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tally = count(&text);
    if !output.status.success() {
        println!("{text}");
    }
    Ok(tally.with_exit(output.status.success()))
}

/// What the lines `# pass N` and `# fail N` say.
fn count(text: &str) -> Tally {
    let figure = |name: &str| {
        let mut lines = text.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        found.unwrap_or(0)
    };
    Tally {
        passed: figure("# pass "),
        failed: figure("# fail "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_and_a_client_that_counts_nothing_has_passed_nothing() {
        let tally = count("ok 1\n# tests 3\n# pass 2\n# fail 1\n");
        assert_eq!((tally.passed, tally.failed), (2, 1));
        assert_eq!(count("Traceback"), Tally::default());
    }
}
