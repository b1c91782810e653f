//! A rule that names its proof names one that exists.

use std::collections::BTreeSet;

use super::{Source, assert_none, sources};

/// What stands in a spec before the name of a proof, at the beginning of a sentence or within one.
const CLAIM: &str = "roved by ";

#[test]
fn every_proof_named_in_a_spec_exists() {
    let code = sources(&["rs", "ts"]);
    let functions = function_names(&code);
    let mut broken = Vec::new();
    for spec in sources(&["md"])
        .iter()
        .filter(|source| source.path.starts_with("specs/"))
    {
        for (number, line) in spec.text.lines().enumerate() {
            for proof in proofs(line) {
                if !exists(proof, &functions, &code) {
                    broken.push(format!("{}:{}: `{proof}`", spec.path, number + 1));
                }
            }
        }
    }
    assert_none("proofs that do not exist", &broken);
}

/// The back-quoted names that follow each claim of a line: "proved by `a`, `b` and `c`".
fn proofs(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (start, _) in line.match_indices(CLAIM) {
        let mut rest = &line[start + CLAIM.len()..];
        while let Some((name, after)) = rest.strip_prefix('`').and_then(|text| text.split_once('`'))
        {
            found.push(name);
            rest = [", and ", ", ", " and "]
                .iter()
                .find_map(|joint| after.strip_prefix(joint))
                .filter(|next| next.starts_with('`'))
                .or_else(|| elsewhere(after))
                .unwrap_or_default();
        }
    }
    found
}

/// What follows in "proved by `a` and, over HTTP, by `b`".
fn elsewhere(after: &str) -> Option<&str> {
    let (where_else, rest) = after.strip_prefix(" and, ")?.split_once(", by ")?;
    (!where_else.contains(['.', ';', '`'])).then_some(rest)
}

/// A Rust function (its path's last part), a story's title, or a file of stories.
fn exists(proof: &str, functions: &BTreeSet<&str>, code: &[Source]) -> bool {
    let function = proof.rsplit("::").next().unwrap_or(proof);
    functions.contains(function)
        || code.iter().any(|source| {
            source.path == proof
                || (source.path.ends_with(".spec.ts")
                    && ["'", "\"", "`"]
                        .iter()
                        .any(|quote| source.text.contains(&format!("{quote}{proof}{quote}"))))
        })
}

fn function_names(code: &[Source]) -> BTreeSet<&str> {
    let rust = code.iter().filter(|source| source.path.ends_with(".rs"));
    let pieces = rust.flat_map(|source| source.text.split("fn ").skip(1));
    pieces
        .filter_map(|piece| piece.split(['(', '<']).next())
        .collect()
}

#[test]
fn several_proofs_of_one_rule_are_all_read() {
    let line =
        "- L-04: one transaction, proved by `l04_a`, `store::l04_b` and `l04_c`. Not `this`.";
    assert_eq!(proofs(line), ["l04_a", "store::l04_b", "l04_c"]);
    let line = "Proved nowhere. So, proved by `a` and, over HTTP, by `b.spec.ts`; by `c` not.";
    assert_eq!(proofs(line), ["a", "b.spec.ts"]);
}
