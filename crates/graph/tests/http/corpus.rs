//! The saved corpus of the fuzz targets, on stable Rust.

use std::path::Path;

fn replay(target: &str, act: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        act(&std::fs::read(entry.unwrap().path()).unwrap());
        replayed += 1;
    }
    assert!(replayed > 0, "{target}");
}

#[test]
fn p01_the_corpus_of_links_is_survived() {
    replay("next_link", |bytes| {
        graph::fuzzing::next_link(&String::from_utf8_lossy(bytes))
    });
}

#[test]
fn p01_the_corpus_of_batches_is_survived() {
    replay("batch", graph::fuzzing::batch);
}

#[test]
fn r09_the_corpus_of_refusals_is_survived_and_shows_nothing() {
    for status in [0, 1, 3, 4, 29, 100] {
        replay("refusal", |bytes| graph::fuzzing::refusal(status, bytes));
    }
}
