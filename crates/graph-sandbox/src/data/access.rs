//! Conditional access: policies, and the locations they name.

use serde_json::{Value, json};
use uuid::Uuid;

use super::parts;
use crate::random::Random;

const TITLES: &[&str] = &[
    "CA001 Require MFA for administrators",
    "CA002 Block legacy authentication",
    "CA003 Require MFA for all people",
    "CA004 Require a compliant device",
    "CA005 Block countries without staff",
    "CA006 Require MFA for guests",
    "CA007 Session limits on shared devices",
    "CA008 Require app protection on phones",
    "CA009 Block downloads on unmanaged devices",
    "CA010 Require MFA to register security information",
];

const STATES: &[&str] = &[
    "enabled",
    "enabled",
    "enabledForReportingButNotEnforced",
    "disabled",
];

/// More than the 20 that a client with a `$top` was seen to end at.
pub(super) fn policies(random: &mut Random, groups: &[Uuid], locations: &[Uuid]) -> Vec<Value> {
    (0..24)
        .map(|at| policy(random, at, groups, locations))
        .collect()
}

fn policy(random: &mut Random, at: usize, groups: &[Uuid], locations: &[Uuid]) -> Value {
    let (created, modified) = parts::times(random);
    let round = at / TITLES.len();
    let title = TITLES.get(at % TITLES.len()).copied().unwrap_or_default();
    let title = match round {
        0 => title.to_owned(),
        _ => format!("{title} (ring {})", round + 1),
    };
    let pick = |random: &mut Random, from: &[Uuid]| {
        from.get(random.below(from.len())).map(Uuid::to_string)
    };
    let group: Vec<_> = pick(random, groups).into_iter().collect();
    let excluded: Vec<_> = pick(random, groups).into_iter().collect();
    let everybody = random.chance(60);
    let location = pick(random, locations).filter(|_| at % 5 == 4);
    json!({
        "id": random.uuid().to_string(),
        "templateId": null,
        "displayName": title,
        "createdDateTime": created,
        "modifiedDateTime": modified,
        "state": random.pick(STATES),
        "conditions": {
            "clientAppTypes": if at % 10 == 1 { json!(["exchangeActiveSync", "other"]) } else { json!(["all"]) },
            "userRiskLevels": [],
            "signInRiskLevels": [],
            "platforms": null,
            "locations": location.map(|id| json!({"includeLocations": [id], "excludeLocations": []})),
            "devices": null,
            "applications": {
                "includeApplications": ["All"],
                "excludeApplications": [],
                "includeUserActions": [],
            },
            "users": {
                "includeUsers": if everybody { json!(["All"]) } else { json!([]) },
                "excludeUsers": [],
                "includeGroups": if everybody { Vec::new() } else { group },
                "excludeGroups": excluded,
                "includeRoles": [],
                "excludeRoles": [],
            },
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": match at % 10 {
                1 | 4 | 8 => json!(["block"]),
                3 => json!(["compliantDevice"]),
                _ => json!(["mfa"]),
            },
            "customAuthenticationFactors": [],
            "termsOfUse": [],
            "authenticationStrength": null,
        },
        "sessionControls": null,
    })
}

pub(super) fn locations(ids: &[Uuid]) -> Vec<Value> {
    let id = |at: usize| ids.get(at).map(Uuid::to_string);
    let time = "2025-03-03T09:00:00Z";
    vec![
        json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "id": id(0), "displayName": "Offices", "isTrusted": true,
            "createdDateTime": time, "modifiedDateTime": time,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}],
        }),
        json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "id": id(1), "displayName": "Branch network", "isTrusted": false,
            "createdDateTime": time, "modifiedDateTime": time,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}],
        }),
        json!({
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "id": id(2), "displayName": "Countries without staff",
            "createdDateTime": time, "modifiedDateTime": time,
            "countriesAndRegions": ["AQ", "BV"], "includeUnknownCountriesAndRegions": false,
            "countryLookupMethod": "clientIpAddress",
        }),
    ]
}
