//! What a policy of conditional access has to hold.

use serde_json::{Map, Value};

use super::Change;
use super::body::{bad, one_of};
use crate::catalogue::{self, NAMED_LOCATIONS};
use crate::errors::Problem;
use crate::routes::graph::short;

/// Whether all of an object is there, or only what changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Yes,
    No,
}

/// The addresses that multifactor authentication trusts, which are no named location.
const TRUSTED_BY_MFA: &str = "00000000-0000-0000-0000-000000000000";

/// Checks a policy, whole or in part.
pub(super) fn policy(
    change: &Change<'_>,
    fields: &Map<String, Value>,
    whole: Whole,
) -> Result<(), Problem> {
    if whole == Whole::Yes || fields.contains_key("state") {
        let states = ["enabled", "disabled", "enabledForReportingButNotEnforced"];
        one_of(fields, "state", &states)?;
    }
    if fields.get("templateId").is_some_and(|id| !id.is_null()) {
        return Err(bad("The property 'templateId' cannot be set here."));
    }
    let conditions = fields.get("conditions");
    if whole == Whole::Yes {
        let has = |name: &str| {
            conditions
                .and_then(|all| all.get(name))
                .is_some_and(Value::is_object)
        };
        if !has("users") || !has("applications") {
            return Err(bad(
                "1007: 'conditions.users' and 'conditions.applications' are required.",
            ));
        }
        let controls = ["grantControls", "sessionControls"];
        if !controls
            .iter()
            .any(|name| fields.get(*name).is_some_and(Value::is_object))
        {
            return Err(bad(
                "1011: A policy needs grant controls or session controls.",
            ));
        }
    }
    if conditions
        .and_then(|all| all.get("deviceStates"))
        .is_some_and(|states| !states.is_null())
    {
        return Err(bad("1020: 'conditions.deviceStates' is not supported."));
    }
    let Some(locations) = conditions.and_then(|all| all.get("locations")) else {
        return Ok(());
    };
    let known = catalogue::by_path(NAMED_LOCATIONS);
    for name in ["includeLocations", "excludeLocations"] {
        let ids = locations.get(name).and_then(Value::as_array);
        for id in ids.into_iter().flatten().filter_map(Value::as_str) {
            let exists = ["All", "AllTrusted", TRUSTED_BY_MFA].contains(&id)
                || known.is_some_and(|known| change.call.tenant.entity(known, id).is_some());
            if !exists {
                return Err(bad(format!(
                    "1040: The named location '{}' does not exist.",
                    short(id)
                )));
            }
        }
    }
    Ok(())
}
