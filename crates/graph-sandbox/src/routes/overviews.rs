//! How far a policy of Intune has come: nobody reports anything here.

use serde_json::{Map, Value, json};

/// The overview of a policy's devices or people, where a name means one.
pub(super) fn empty(name: &str, policy: &str) -> Option<Map<String, Value>> {
    if !["deviceStatusOverview", "userStatusOverview"].contains(&name) {
        return None;
    }
    let counts = [
        "pendingCount",
        "notApplicableCount",
        "successCount",
        "errorCount",
        "failedCount",
        "configurationVersion",
    ];
    let mut fields: Map<_, _> = counts
        .iter()
        .map(|count| ((*count).to_owned(), json!(0)))
        .collect();
    fields.insert("id".to_owned(), json!(policy));
    let never = json!("0001-01-01T00:00:00Z");
    fields.insert("lastUpdateDateTime".to_owned(), never);
    Some(fields)
}
