//! Brings a fresh machine to where it can build and test; does nothing on one that can.

pub mod apt;
pub mod clients;
pub mod npm;
pub mod tools;
pub mod wasm;
mod wasm_std;

use anyhow::Result;

use crate::layout::Layout;

/// Something a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The packages of `package-lock.json`.
    Npm,
    /// A compiler and a standard library for the browser.
    Wasm,
    /// A Chromium for the stories.
    Chromium,
    /// PostgreSQL's server programs for the conformance suite.
    Postgres,
    /// Published clients of Graph.
    Clients,
}

impl Need {
    /// Everything there is.
    pub const ALL: [Self; 5] = [
        Self::Npm,
        Self::Wasm,
        Self::Chromium,
        Self::Postgres,
        Self::Clients,
    ];
}

/// Installs what is missing of the needs, and nothing else.
pub fn ensure(layout: &Layout, needs: &[Need]) -> Result<()> {
    if needs.contains(&Need::Npm) {
        npm::ensure(layout)?;
    }
    if needs.contains(&Need::Wasm) {
        wasm::add_by_rustup()?;
    }
    // All packages in one go: apt's start-up costs more than most of them.
    let mut missing = Vec::new();
    if needs.contains(&Need::Wasm) {
        missing.extend(wasm::missing_packages()?);
    }
    if needs.contains(&Need::Chromium) && tools::chromium().is_none() {
        missing.push(apt::Package {
            name: "chromium",
            why: "runs the browser stories",
        });
    }
    if needs.contains(&Need::Postgres) && postgres_cluster::programs().is_none() {
        missing.push(apt::Package {
            name: "postgresql",
            why: "the second database of the tests",
        });
    }
    if needs.contains(&Need::Postgres) && tools::pgbouncer().is_none() {
        missing.push(apt::Package {
            name: "pgbouncer",
            why: "the pooler that the second database is tried behind",
        });
    }
    if needs.contains(&Need::Clients) {
        missing.extend(clients::missing_packages());
    }
    apt::install(&missing)?;
    if needs.contains(&Need::Clients) {
        clients::ensure(layout)?;
    }
    if needs.contains(&Need::Wasm) {
        wasm_std::ensure(layout)?;
    }
    Ok(())
}
