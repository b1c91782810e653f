//! What several kinds of policies have in common.

use serde_json::{Value, json};

use crate::clock;
use crate::random::Random;

/// Sample data lies in the two years before this moment: 1 January 2026.
const LATEST: i64 = 1_767_225_600;
const TWO_YEARS_OF_HOURS: usize = 17_520;

/// A time of creation and a later one of change.
pub(super) fn times(random: &mut Random) -> (String, String) {
    let hours_ago = random.between(200, TWO_YEARS_OF_HOURS);
    let changed_ago = random.between(1, hours_ago);
    let minutes = i64::try_from(random.below(3_600)).unwrap_or(0);
    let at = |hours: usize| LATEST - i64::try_from(hours).unwrap_or(0) * 3_600 + minutes;
    (
        clock::iso_seconds(at(hours_ago)),
        clock::iso_seconds(at(changed_ago)),
    )
}

/// Who a policy is for: nobody, everybody, or some groups and rarely not others.
pub(super) fn assignments(random: &mut Random, policy: &str, groups: &[String]) -> Vec<Value> {
    let target = |kind: &str| format!("#microsoft.graph.{kind}AssignmentTarget");
    match random.below(10) {
        0 | 1 => Vec::new(),
        2 => vec![json!({
            "id": format!("{policy}_adadadad-808e-44e2-905a-0b7873a8a531"),
            "target": {"@odata.type": target("allDevices")},
        })],
        3 => vec![json!({
            "id": format!("{policy}_acacacac-9df4-4c7d-9d50-4ef0226f57a9"),
            "target": {"@odata.type": target("allLicensedUsers")},
        })],
        _ => {
            let names: Vec<&str> = groups.iter().map(String::as_str).collect();
            let mut seen: Vec<&str> = Vec::new();
            for _ in 0..random.between(1, 4) {
                let group = random.pick(&names);
                if !group.is_empty() && !seen.contains(&group) {
                    seen.push(group);
                }
            }
            let last = seen.len().saturating_sub(1);
            let excludes = seen.len() > 2;
            seen.iter()
                .enumerate()
                .map(|(at, group)| {
                    let kind = if excludes && at == last {
                        "exclusionGroup"
                    } else {
                        "group"
                    };
                    json!({
                        "id": format!("{policy}_{group}"),
                        "target": {"@odata.type": target(kind), "groupId": group},
                    })
                })
                .collect()
        }
    }
}
