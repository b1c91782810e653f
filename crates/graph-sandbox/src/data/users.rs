//! People, who are members of groups and have devices.

use serde_json::{Value, json};
use uuid::Uuid;

use super::names;
use crate::random::Random;

pub(super) fn generate(random: &mut Random, count: usize, domain: &str) -> Vec<Value> {
    (0..count).map(|at| user(random, at, domain)).collect()
}

fn user(random: &mut Random, at: usize, domain: &str) -> Value {
    let id: Uuid = random.uuid();
    let department = random.pick(names::DEPARTMENTS);
    let name = format!("{department} {:03}", at + 1);
    let address = format!(
        "{}.{:03}@{domain}",
        department.replace(' ', "").to_ascii_lowercase(),
        at + 1
    );
    json!({
        "id": id.to_string(),
        "displayName": name,
        "givenName": null,
        "surname": null,
        "department": department,
        "jobTitle": null,
        "mail": address,
        "mobilePhone": null,
        "userPrincipalName": address,
        "accountEnabled": random.chance(97),
        "userType": "Member",
        "businessPhones": [],
        "officeLocation": random.pick(names::SITES),
        "preferredLanguage": null,
    })
}
