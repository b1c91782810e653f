//! A name says what is inside; these say that nobody knew.

use super::{assert_none, sources};

const EMPTY_WORDS: [&str; 8] = [
    "common", "helper", "helpers", "manager", "misc", "shared", "util", "utils",
];

#[test]
fn no_file_folder_or_module_has_an_empty_name() {
    let mut broken = Vec::new();
    for source in sources(&["rs", "ts"]) {
        let parts = source
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part));
        if parts.clone().any(|part| EMPTY_WORDS.contains(&part)) {
            broken.push(source.path.clone());
        }
        for (number, line) in source.text.lines().enumerate() {
            if module_name(line).is_some_and(|name| EMPTY_WORDS.contains(&name)) {
                broken.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert_none("names to replace", &broken);
}

fn module_name(line: &str) -> Option<&str> {
    let line = line
        .trim()
        .trim_start_matches("pub ")
        .trim_start_matches("pub(crate) ");
    let (name, _) = line.strip_prefix("mod ")?.split_once([' ', ';', '{'])?;
    Some(name)
}

#[test]
fn modules_are_seen_whatever_stands_before_them() {
    assert_eq!(module_name("pub(crate) mod helpers {"), Some("helpers"));
    assert_eq!(module_name("    mod utils;"), Some("utils"));
    assert_eq!(module_name("let module = 1;"), None);
}
