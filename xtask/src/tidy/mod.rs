//! Rules about the source tree itself, as ordinary tests.

mod arrows;
mod authority;
mod contrast;
mod licences;
mod migrations;
mod names;
mod sizes;
mod spec_ids;
mod spec_rules;
mod sql;

use std::fs;
use std::path::{Path, PathBuf};

use crate::layout::Layout;

/// A text file of the repository.
struct Source {
    /// Its path below the root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path
            .split('/')
            .any(|part| part == "tests" || part == "end2end")
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
    }
}

/// All files with one of the extensions, in a stable order.
fn sources(extensions: &[&str]) -> Vec<Source> {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let wanted = files.into_iter().filter(|file| {
        file.extension()
            .is_some_and(|end| extensions.iter().any(|wanted| end == *wanted))
    });
    wanted
        .map(|file| Source {
            text: fs::read_to_string(&file).unwrap(),
            path: file
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
        })
        .collect()
}

fn root() -> PathBuf {
    Layout::find().unwrap().root
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let built = name.starts_with("target") || name == "node_modules" || name.starts_with('.');
        if path.is_dir() && !path.is_symlink() && !built {
            walk(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

/// Fails with all broken rules at once, one a line.
fn assert_none(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}", broken.join("\n  "));
}
