//! Every statement of the store has run on both databases by the end of the suite.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use store::conformance::statements_run;

use crate::{
    cases::ALL,
    database::{Dialect, postgres_url},
};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The names in `same("name", ..)`, `dialects("name", ..)` and `Fragments::new("name", ..)`, and of those that a
/// dialect has alone.
fn names_in(text: &str, own: &'static str) -> Vec<String> {
    ["= same(", "= dialects(", "Fragments::new(", own]
        .iter()
        .flat_map(|opening| text.split(opening).skip(1))
        .filter_map(|rest| {
            let name = rest.trim_start().strip_prefix('"')?;
            Some(name.split('"').next()?.to_owned())
        })
        .collect()
}

fn declared(own: &'static str) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let mut names = BTreeSet::new();
    for file in files {
        for name in names_in(&std::fs::read_to_string(&file).unwrap(), own) {
            assert!(
                names.insert(name.clone()),
                "two statements are called {name}"
            );
        }
    }
    assert!(
        names.len() > 80,
        "the scan found {} statements",
        names.len()
    );
    names
}

fn every_statement_ran_on(dialect: Dialect, word: &str) {
    // Each case runs once a process: those that ran already, or are running, are waited for.
    for case in &ALL {
        case.on(dialect);
    }
    let ran = statements_run(word);
    let own = match dialect {
        Dialect::Sqlite => "= on_sqlite(",
        Dialect::Postgres => "= on_postgres(",
    };
    let never: Vec<_> = declared(own)
        .into_iter()
        .filter(|name| !ran.contains(&**name))
        .collect();
    assert!(never.is_empty(), "never ran on {word}: {never:#?}");
}

#[test]
fn every_statement_ran_on_sqlite() {
    every_statement_ran_on(Dialect::Sqlite, "sqlite");
}

#[test]
fn every_statement_ran_on_postgres() {
    if postgres_url().is_some() {
        every_statement_ran_on(Dialect::Postgres, "postgres");
    }
}
