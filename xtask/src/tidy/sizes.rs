//! A file is one room: 400 lines at most, tests apart.

use super::{Source, assert_none, sources};

const LIMIT: usize = 400;

/// Files that are longer, with the length they may not pass. This list only shrinks.
const EXEMPT: [(&str, usize); 0] = [];

/// The lines before a file's own tests.
fn lines(source: &Source) -> usize {
    let body = source
        .text
        .split("#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default();
    body.lines().count()
}

#[test]
fn no_file_is_longer_than_its_limit() {
    let mut broken = Vec::new();
    for source in sources(&["rs", "ts"])
        .iter()
        .filter(|source| !source.is_test())
    {
        let exempt = EXEMPT.iter().find(|(path, _)| *path == source.path);
        let limit = exempt.map_or(LIMIT, |(_, lines)| *lines);
        let lines = lines(source);
        if lines > limit {
            broken.push(format!("{}: {lines} lines, {limit} allowed", source.path));
        }
    }
    assert_none("files to split", &broken);
}

#[test]
fn exemptions_go_when_they_are_not_needed() {
    let files = sources(&["rs", "ts"]);
    let stale: Vec<String> = EXEMPT
        .iter()
        .filter(|(path, _)| {
            let file = files.iter().find(|source| source.path == *path);
            file.is_none_or(|source| lines(source) <= LIMIT)
        })
        .map(|(path, _)| (*path).to_owned())
        .collect();
    assert_none("exemptions to remove", &stale);
}
