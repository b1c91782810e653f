//! Groups: security, dynamic and Microsoft 365.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::random::Random;

/// One after the other: all at once would take ten times the memory they are kept in.
pub(super) fn generate(
    mut random: Random,
    count: usize,
    domain: String,
) -> impl Iterator<Item = Value> {
    (0..count).map(move |at| group(&mut random, at, &domain))
}

/// The security identifier that follows from an id: its four parts as numbers.
pub(crate) fn security_identifier(id: Uuid) -> String {
    let parts = id.to_bytes_le();
    let numbers = parts.chunks_exact(4).map(|part| {
        let number = part
            .iter()
            .rev()
            .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
        format!("-{number}")
    });
    format!("S-1-12-1{}", numbers.collect::<String>())
}

/// The address of a group of Microsoft 365.
pub(crate) fn address(nickname: &str, domain: &str) -> String {
    format!("{nickname}@{domain}")
}

fn group(random: &mut Random, at: usize, domain: &str) -> Value {
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
    let nickname = nickname.to_ascii_lowercase();
    let id: Uuid = random.uuid();
    let mail = unified.then(|| address(&nickname, domain));
    let addresses: Vec<_> = mail.iter().map(|mail| format!("SMTP:{mail}")).collect();
    json!({
        "id": id.to_string(),
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
        "mail": mail,
        "mailNickname": nickname,
        "proxyAddresses": addresses,
        "securityIdentifier": security_identifier(id),
        "securityEnabled": !unified,
        "membershipRule": rule,
        "membershipRuleProcessingState": rule.as_ref().map(|_| "On"),
        "isAssignableToRole": null,
        "visibility": if unified { Value::String("Private".to_owned()) } else { Value::Null },
        "onPremisesSyncEnabled": null,
    })
}
