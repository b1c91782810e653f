//! Groups: security, dynamic and Microsoft 365.

use serde_json::{Value, json};

use super::{names, parts};
use crate::random::Random;

/// One after the other: all at once would take ten times the memory they are kept in.
pub(super) fn generate(mut random: Random, count: usize) -> impl Iterator<Item = Value> {
    (0..count).map(move |at| group(&mut random, at))
}

fn group(random: &mut Random, at: usize) -> Value {
    let department = random.pick(names::DEPARTMENTS);
    let site = random.pick(names::SITES);
    let ring = random.pick(names::RINGS);
    let (created, renewed) = parts::times(random);
    let (name, types, rule): (String, &[&str], Option<String>) = match random.below(5) {
        0 => (format!("{department} {site}"), &["Unified"], None),
        1 => (
            format!("DYN {department} Users"),
            &["DynamicMembership"],
            Some(format!("(user.department -eq \"{department}\")")),
        ),
        2 => (
            format!("DYN Windows Devices {site}"),
            &["DynamicMembership"],
            Some(format!(
                "(device.deviceOSType -eq \"Windows\") and \
                 (device.displayName -startsWith \"{site}\")"
            )),
        ),
        3 => (format!("SEC Update Ring {ring} {site}"), &[], None),
        _ => (format!("SEC {department} {site}"), &[], None),
    };
    let unified = types.contains(&"Unified");
    // Names repeat in real tenants too, but rarely: most carry their number.
    let name = if random.chance(3) {
        name
    } else {
        format!("{name} {:03}", at + 1)
    };
    let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    json!({
        "id": random.uuid().to_string(),
        "displayName": name,
        "description": if random.chance(70) {
            Value::String(format!("{department}, {site}"))
        } else {
            Value::Null
        },
        "createdDateTime": created,
        "renewedDateTime": renewed,
        "deletedDateTime": null,
        "groupTypes": types,
        "mailEnabled": unified,
        "mailNickname": nickname.to_ascii_lowercase(),
        "securityEnabled": !unified,
        "membershipRule": rule,
        "membershipRuleProcessingState": rule.as_ref().map(|_| "On"),
        "isAssignableToRole": null,
        "visibility": if unified { Value::String("Private".to_owned()) } else { Value::Null },
        "onPremisesSyncEnabled": null,
    })
}
