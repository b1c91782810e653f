//! Compliance policies with their scheduled actions.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::random::Random;

pub(super) fn generate(random: &mut Random, count: usize, groups: &[Uuid]) -> Vec<Value> {
    (0..count).map(|at| policy(random, at, groups)).collect()
}

fn policy(random: &mut Random, at: usize, groups: &[Uuid]) -> Value {
    let department = random.pick(names::DEPARTMENTS);
    let (created, changed) = parts::times(random);
    let id = random.uuid().to_string();
    let (kind, platform, own) = own_fields(random, at);
    let mut fields = Map::from_iter([
        (
            "@odata.type".to_owned(),
            json!(format!("#microsoft.graph.{kind}")),
        ),
        ("id".to_owned(), json!(id)),
        (
            "displayName".to_owned(),
            json!(format!("{platform} compliance {department} {}", at + 1)),
        ),
        ("description".to_owned(), Value::Null),
        ("createdDateTime".to_owned(), json!(created)),
        ("lastModifiedDateTime".to_owned(), json!(changed)),
        ("version".to_owned(), json!(random.between(1, 6))),
        ("roleScopeTagIds".to_owned(), json!(["0"])),
        (
            "scheduledActionsForRule".to_owned(),
            json!([scheduled_actions(random)]),
        ),
        (
            "assignments".to_owned(),
            json!(parts::assignments(random, &id, groups, &[])),
        ),
    ]);
    if let Value::Object(own) = own {
        fields.extend(own);
    }
    Value::Object(fields)
}

/// Always one block action; in half of the policies a mail before it.
fn scheduled_actions(random: &mut Random) -> Value {
    let action = |random: &mut Random, kind: &str, hours: usize| {
        json!({
            "id": random.uuid().to_string(),
            "gracePeriodHours": hours,
            "actionType": kind,
            "notificationTemplateId": "00000000-0000-0000-0000-000000000000",
            "notificationMessageCCList": [],
        })
    };
    let grace = random.between(0, 3) * 24;
    let mut actions = vec![action(random, "block", grace)];
    if random.chance(50) {
        actions.push(action(random, "notification", 0));
    }
    json!({
        "id": random.uuid().to_string(),
        "ruleName": "PasswordRequired",
        "scheduledActionConfigurations": actions,
    })
}

fn own_fields(random: &mut Random, at: usize) -> (&'static str, &'static str, Value) {
    match at % 4 {
        0 => (
            "windows10CompliancePolicy",
            "Windows",
            json!({
                "passwordRequired": true,
                "bitLockerEnabled": true,
                "secureBootEnabled": random.chance(90),
                "osMinimumVersion": format!("10.0.22631.{}", random.between(3_000, 5_000)),
                "defenderEnabled": true,
            }),
        ),
        1 => (
            "iosCompliancePolicy",
            "iOS",
            json!({
                "passcodeRequired": true,
                "passcodeMinimumLength": random.between(4, 8),
                "securityBlockJailbrokenDevices": true,
                "osMinimumVersion": format!("17.{}", random.between(0, 6)),
            }),
        ),
        2 => (
            "macOSCompliancePolicy",
            "macOS",
            json!({
                "passwordRequired": true,
                "storageRequireEncryption": true,
                "systemIntegrityProtectionEnabled": true,
                "firewallEnabled": random.chance(80),
            }),
        ),
        _ => (
            "androidWorkProfileCompliancePolicy",
            "Android",
            json!({
                "passwordRequired": true,
                "securityBlockJailbrokenDevices": true,
                "minAndroidSecurityPatchLevel": "2025-06-01",
            }),
        ),
    }
}
