//! Every migration has its twin in the other dialect.

use std::collections::BTreeMap;

use super::{assert_none, sources};

#[test]
fn each_migration_exists_in_both_dialects() {
    let mut dialects: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let files = sources(&["sql"]);
    for source in &files {
        for dialect in ["sqlite", "postgres"] {
            if let Some((folder, name)) = source.path.split_once(&format!("migrations/{dialect}/"))
            {
                dialects
                    .entry(format!("{folder}migrations/{name}"))
                    .or_default()
                    .push(dialect);
            }
        }
    }
    let alone: Vec<String> = dialects
        .into_iter()
        .filter(|(_, found)| found.len() != 2)
        .map(|(name, found)| format!("{name} only in {}", found.join(", ")))
        .collect();
    assert_none("migrations without a twin", &alone);
}
