//! Dependencies point down only.

use serde_json::Value;

use super::{assert_none, root};
use crate::process;

/// Every edge between crates of this workspace that may exist in what is shipped.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("model", &[]),
    ("postgres-cluster", &[]),
    ("test-certificate", &[]),
    ("xtask", &["postgres-cluster"]),
    ("policy", &["domain"]),
    ("timetable", &["domain"]),
    ("store", &["domain", "policy", "timetable"]),
    ("graph", &["domain", "policy"]),
    ("graph-sandbox", &["domain"]),
    (
        "operations",
        &["domain", "graph", "policy", "store", "timetable"],
    ),
    ("app", &["domain", "operations"]),
    ("frontend", &["app"]),
    (
        "server",
        &[
            "app",
            "domain",
            "graph",
            "graph-sandbox",
            "operations",
            "policy",
            "store",
        ],
    ),
    (
        "chaos",
        &[
            "domain",
            "graph",
            "operations",
            "postgres-cluster",
            "store",
            "timetable",
        ],
    ),
];

/// Edges that only tests may have on top: a real Graph to talk to, and real stores.
const ALLOWED_IN_TESTS: [(&str, &[&str]); 5] = [
    ("graph", &["graph-sandbox", "test-certificate"]),
    ("graph-sandbox", &["test-certificate"]),
    ("operations", &["graph-sandbox", "test-certificate"]),
    ("app", &["graph", "policy", "store"]),
    ("server", &["postgres-cluster"]),
];

struct Edge {
    from: String,
    to: String,
    is_test: bool,
    is_optional: bool,
}

fn packages() -> Vec<Value> {
    let printed = process::capture(process::cargo().current_dir(root()).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]));
    let metadata: Value = serde_json::from_str(&printed.unwrap()).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn edges() -> Vec<Edge> {
    let mut edges = Vec::new();
    for package in packages() {
        for dependency in package["dependencies"].as_array().unwrap() {
            edges.push(Edge {
                from: package["name"].as_str().unwrap().to_owned(),
                to: dependency["name"].as_str().unwrap().to_owned(),
                is_test: dependency["kind"] == "dev",
                is_optional: dependency["optional"] == true,
            });
        }
    }
    edges
}

fn names_for<'a>(table: &[(&str, &'a [&'a str])], from: &str) -> &'a [&'a str] {
    table
        .iter()
        .find(|(name, _)| *name == from)
        .map_or(&[], |(_, to)| to)
}

fn is_allowed(edge: &Edge) -> bool {
    names_for(&ALLOWED, &edge.from).contains(&edge.to.as_str())
        || (edge.is_test && names_for(&ALLOWED_IN_TESTS, &edge.from).contains(&edge.to.as_str()))
}

#[test]
fn dependencies_point_down_only() {
    let members: Vec<String> = packages()
        .iter()
        .map(|package| package["name"].as_str().unwrap().to_owned())
        .collect();
    let broken: Vec<String> = edges()
        .iter()
        .filter(|edge| members.contains(&edge.to) && !is_allowed(edge))
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect();
    assert_none("edges that the table does not allow", &broken);
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let members: Vec<Value> = packages()
        .iter()
        .map(|package| package["name"].clone())
        .collect();
    let tables = ALLOWED.iter().chain(&ALLOWED_IN_TESTS);
    let unknown: Vec<String> = tables
        .flat_map(|(from, to)| std::iter::once(*from).chain(to.iter().copied()))
        .filter(|name| !members.iter().any(|member| member == name))
        .map(str::to_owned)
        .collect();
    assert_none("crates of the table that are gone", &unknown);
}

/// In the browser `app` sees `domain` alone.
#[test]
fn what_app_takes_beyond_domain_is_for_the_server_only() {
    let broken: Vec<String> = edges()
        .iter()
        .filter(|edge| edge.from == "app" && edge.to == "operations")
        .filter(|edge| !edge.is_optional && !edge.is_test)
        .map(|edge| format!("app -> {} is not optional", edge.to))
        .collect();
    assert_none("edges that would reach the browser", &broken);
}

#[test]
fn only_store_speaks_to_a_database() {
    let broken: Vec<String> = edges()
        .iter()
        .filter(|edge| edge.to.starts_with("sqlx") || edge.to == "libsqlite3-sys")
        .filter(|edge| edge.from != "store")
        .map(|edge| format!("{} -> {}", edge.from, edge.to))
        .collect();
    assert_none("database drivers outside of `store`", &broken);
}
