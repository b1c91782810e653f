//! The browser build, and its weight against the budget.

use anyhow::Result;

use super::tally::Tally;
use crate::layout::Layout;
use crate::site::{self, Budget, Flavour};

/// Builds the site and weighs the wasm; one check.
pub fn build_and_weigh(layout: &Layout) -> Result<Tally> {
    let site = site::build(layout, Flavour::Dev)?;
    let size = site::shipped_size(layout, &site)?;
    println!("wasm: {size} bytes (wasm-dev after wasm-opt, brotli)");
    Budget::read(layout)?.hold(Flavour::Dev, size)?;
    Ok(Tally::PASSED)
}
