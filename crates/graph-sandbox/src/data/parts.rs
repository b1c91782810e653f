//! What several kinds of policies have in common.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock;
use crate::random::Random;

/// Sample data lies in the two years before this moment: 1 January 2026.
const LATEST: i64 = 1_767_225_600;
/// What the ids of assignments to everybody end with.
pub(crate) const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";
pub(crate) const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";

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

/// Who a policy is for: nobody, everybody, or some groups and rarely not others; sometimes through a filter.
pub(super) fn assignments(
    random: &mut Random,
    policy: &str,
    groups: &[Uuid],
    filters: &[Uuid],
) -> Vec<Value> {
    let target = |kind: &str| format!("#microsoft.graph.{kind}AssignmentTarget");
    let direct = |id: String, target: Value| json!({"id": id, "source": "direct", "sourceId": policy, "target": target});
    match random.below(10) {
        0 | 1 => Vec::new(),
        2 => vec![direct(
            format!("{policy}_{ALL_DEVICES}"),
            json!({"@odata.type": target("allDevices")}),
        )],
        3 => vec![direct(
            format!("{policy}_{ALL_USERS}"),
            json!({"@odata.type": target("allLicensedUsers")}),
        )],
        _ => {
            let mut seen: Vec<Uuid> = Vec::new();
            for _ in 0..random.between(1, 4) {
                let group = groups.get(random.below(groups.len()));
                if let Some(group) = group.filter(|group| !seen.contains(group)) {
                    seen.push(*group);
                }
            }
            let last = seen.len().saturating_sub(1);
            let excludes = seen.len() > 2;
            let filter = filters
                .get(random.below(filters.len()))
                .filter(|_| !filters.is_empty() && seen.len() == 1);
            seen.iter()
                .enumerate()
                .map(|(at, group)| {
                    let kind = if excludes && at == last {
                        "exclusionGroup"
                    } else {
                        "group"
                    };
                    let mut own =
                        json!({"@odata.type": target(kind), "groupId": group.to_string()});
                    if let (Some(filter), Some(own)) = (filter, own.as_object_mut()) {
                        own.insert(
                            "deviceAndAppManagementAssignmentFilterId".to_owned(),
                            json!(filter.to_string()),
                        );
                        own.insert(
                            "deviceAndAppManagementAssignmentFilterType".to_owned(),
                            json!("include"),
                        );
                    }
                    direct(format!("{policy}_{group}"), own)
                })
                .collect()
        }
    }
}
