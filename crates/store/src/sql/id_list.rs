//! Many ids as one bound value, for statements that ask about all of them at once.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{audit::to_json, error::StoreError};

/// Ids as one JSON list, each once and in their order; both databases read each entry as an id.
///
/// # Errors
/// None that ids can cause.
pub(crate) fn id_list(ids: impl IntoIterator<Item = Uuid>) -> Result<String, StoreError> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    to_json(&ids)
}
