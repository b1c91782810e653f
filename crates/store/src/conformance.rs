//! What the conformance suite asks and nothing else may.

use std::collections::BTreeSet;

use policy::RunKey;

use crate::{Store, StoreError};

/// The names of the statements this process has run on a dialect, `sqlite` or `postgres`.
pub fn statements_run(dialect: &str) -> BTreeSet<&'static str> {
    crate::sql::statements_run(dialect)
}

/// What a claim asks when the answer of its commit was lost; on SQLite no answer can be.
///
/// # Errors
/// When the database does not answer.
pub async fn attempt_is_decided(store: &Store, key: RunKey) -> Result<bool, StoreError> {
    store.attempt_is_decided(key).await
}
