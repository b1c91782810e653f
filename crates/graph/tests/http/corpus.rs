//! The saved corpus of the fuzz targets, on stable Rust.

use std::collections::BTreeSet;
use std::path::Path;

/// The replay of the targets that read what is sent to the sandbox.
const SANDBOX: &str = include_str!("../../../graph-sandbox/tests/corpus.rs");

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
    replay("batch_reply", graph::fuzzing::batch);
}

#[test]
fn r09_the_corpus_of_refusals_is_survived_and_shows_nothing() {
    for status in [0, 1, 3, 4, 29, 100] {
        replay("refusal", |bytes| graph::fuzzing::refusal(status, bytes));
    }
}

#[test]
fn p01_every_fuzz_target_has_a_corpus_that_is_replayed() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let names = |folder: &str| {
        let entries = std::fs::read_dir(fuzz.join(folder)).unwrap();
        let names = entries.map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        });
        names.collect::<BTreeSet<_>>()
    };
    let targets = names("fuzz_targets");
    assert_eq!(targets, names("corpus"));
    let replayed = [include_str!("corpus.rs"), SANDBOX].concat();
    for target in targets {
        let bare = target.trim_start_matches("sandbox_");
        assert!(replayed.contains(&format!("replay(\"{bare}\"")), "{target}");
    }
}
