//! The one stylesheet, by Tailwind.

use std::path::Path;

use anyhow::Result;

use super::Flavour;
use crate::layout::Layout;
use crate::process;
use crate::stamp::Stamp;

/// Builds the stylesheet from `style/` and the class names in `app/src`.
pub fn build(layout: &Layout, output: &Path, flavour: Flavour) -> Result<()> {
    let inputs = ["style", "app/src", "package-lock.json"].map(|path| layout.root.join(path));
    let stamp = Stamp::of(layout, &format!("css-{}", flavour.profile()), &inputs)?;
    if stamp.holds(output) {
        return Ok(());
    }
    process::say("Tailwind: the stylesheet");
    let mut command = process::program(layout.npm_program("tailwindcss"));
    command
        .current_dir(&layout.root)
        .args(["--input", "style/main.css", "--output"])
        .arg(output);
    if flavour == Flavour::Dist {
        command.arg("--minify");
    }
    process::run_quietly(&mut command)?;
    stamp.keep()
}
