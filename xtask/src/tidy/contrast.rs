//! Text can be read in both themes: WCAG 2.2 AA, 4.5:1.

use std::collections::BTreeMap;

use super::{assert_none, sources};

const MINIMUM: f64 = 4.5;

/// Tones that are written on the surfaces.
const INKS: [&str; 8] = [
    "base-content",
    "ink-quiet",
    "primary",
    "neutral",
    "info",
    "success",
    "warning",
    "error",
];
/// What they are written on.
const PAPERS: [&str; 2] = ["base-100", "base-200"];
/// Tones that carry text of their own.
const FILLS: [&str; 8] = [
    "primary",
    "secondary",
    "accent",
    "neutral",
    "info",
    "success",
    "warning",
    "error",
];

type Theme = BTreeMap<String, [f64; 3]>;

#[test]
fn text_stands_out_in_both_themes() {
    let themes = themes();
    assert_eq!(themes.keys().collect::<Vec<_>>(), ["atlas", "atlas-dark"]);
    let mut weak = Vec::new();
    for (name, theme) in &themes {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for ink in INKS {
            pairs.extend(PAPERS.map(|paper| (ink.to_owned(), paper.to_owned())));
        }
        pairs.extend(FILLS.map(|fill| (format!("{fill}-content"), fill.to_owned())));
        for (ink, paper) in pairs {
            let ratio = contrast(theme[&ink], theme[&paper]);
            if ratio < MINIMUM {
                weak.push(format!("{name}: {ink} on {paper} is {ratio:.2}:1"));
            }
        }
    }
    assert_none("pairs that cannot be read", &weak);
}

#[test]
fn black_on_white_has_the_contrast_that_the_standard_names() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
}

fn themes() -> BTreeMap<String, Theme> {
    let files = sources(&["css"]);
    let file = files
        .iter()
        .find(|source| source.path == "style/themes.css")
        .unwrap();
    let blocks = file.text.split("@plugin \"daisyui/theme\"").skip(1);
    blocks
        .map(|block| {
            let name = block.split('"').nth(1).unwrap().to_owned();
            (name, block.lines().filter_map(colour).collect())
        })
        .collect()
}

/// `--color-x: #rrggbb;` as its short name and its channels.
fn colour(line: &str) -> Option<(String, [f64; 3])> {
    let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
    let digits = u32::from_str_radix(value.strip_suffix(';')?, 16).ok()?;
    let channel = |shift: u32| f64::from((digits >> shift) & 0xff) / 255.0;
    Some((
        name.trim_start_matches("color-").to_owned(),
        [channel(16), channel(8), channel(0)],
    ))
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(channels: [f64; 3]) -> f64 {
    let [red, green, blue] = channels.map(|channel| match channel <= 0.04045 {
        true => channel / 12.92,
        false => ((channel + 0.055) / 1.055).powf(2.4),
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
