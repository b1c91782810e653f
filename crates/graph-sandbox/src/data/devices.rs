//! Devices under management, with the state of their compliance.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::random::Random;

const STATES: &[&str] = &[
    "compliant",
    "compliant",
    "compliant",
    "compliant",
    "compliant",
    "noncompliant",
    "inGracePeriod",
    "unknown",
    "error",
    "conflict",
];

/// Operating system, its version, maker and model.
const MODELS: &[(&str, &str, &str, &str)] = &[
    ("Windows", "10.0.22631.4037", "Contoso", "Notebook 14"),
    ("Windows", "10.0.26100.1742", "Contoso", "Workstation 5"),
    ("iOS", "17.6.1", "Apple", "iPhone 14"),
    ("macOS", "14.6.1", "Apple", "MacBook Pro"),
    ("Android", "14", "Fabrikam", "Handset 8"),
];

pub(super) fn generate(random: &mut Random, count: usize, users: &[Uuid]) -> Vec<Value> {
    (0..count).map(|at| device(random, at, users)).collect()
}

fn device(random: &mut Random, at: usize, users: &[Uuid]) -> Value {
    let index = random.below(MODELS.len());
    let (system, version, maker, model) = MODELS
        .get(index)
        .copied()
        .unwrap_or(("Windows", "10.0", "", ""));
    let (enrolled, synced) = parts::times(random);
    let site = random.pick(names::SITES);
    json!({
        "id": random.uuid().to_string(),
        "deviceName": format!("{}-{:04}", site.to_ascii_uppercase(), at + 1),
        "userId": users.get(at).map(Uuid::to_string),
        "managedDeviceOwnerType": "company",
        "enrolledDateTime": enrolled,
        "lastSyncDateTime": synced,
        "operatingSystem": system,
        "osVersion": version,
        "manufacturer": maker,
        "model": model,
        "serialNumber": random.alphanumeric(10).to_ascii_uppercase(),
        "complianceState": random.pick(STATES),
        "jailBroken": "Unknown",
        "managementAgent": "mdm",
        "isEncrypted": random.chance(90),
        "isSupervised": false,
        "azureADRegistered": true,
        "azureADDeviceId": random.uuid().to_string(),
        "deviceEnrollmentType": "windowsAzureADJoin",
        "deviceRegistrationState": "registered",
    })
}
