//! A statement: its name and its text in each dialect.

/// One SQL statement.
///
/// The name stands in logs and lets the conformance suite prove that every statement ran on both databases.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Its name, a noun and a verb.
    pub(crate) name: &'static str,
    /// Its SQLite text.
    pub(crate) sqlite: &'static str,
    /// Its PostgreSQL text.
    pub(crate) postgres: &'static str,
}

/// A statement whose text both databases take.
pub(crate) const fn same(name: &'static str, text: &'static str) -> Statement {
    Statement {
        name,
        sqlite: text,
        postgres: text,
    }
}

/// A statement that the databases spell differently.
pub(crate) const fn dialects(
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
) -> Statement {
    Statement {
        name,
        sqlite,
        postgres,
    }
}

/// Remembers which statements ran, for the conformance suite.
#[cfg(debug_assertions)]
pub(crate) mod log {
    use std::{collections::BTreeSet, sync::Mutex};

    static RAN: Mutex<BTreeSet<(&'static str, &'static str)>> = Mutex::new(BTreeSet::new());

    pub(crate) fn ran(dialect: &'static str, name: &'static str) {
        if let Ok(mut ran) = RAN.lock() {
            ran.insert((dialect, name));
        }
    }

    pub(crate) fn names(dialect: &str) -> BTreeSet<&'static str> {
        RAN.lock().map_or_else(
            |_| BTreeSet::new(),
            |ran| {
                ran.iter()
                    .filter(|(d, _)| *d == dialect)
                    .map(|(_, name)| *name)
                    .collect()
            },
        )
    }
}
