//! What the conformance suite asks and nothing else may: which statements ran.

use std::collections::BTreeSet;

/// The names of the statements this process has run on a dialect, `sqlite` or `postgres`.
pub fn statements_run(dialect: &str) -> BTreeSet<&'static str> {
    crate::sql::statements_run(dialect)
}
