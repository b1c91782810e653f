//! Device configurations of several types, update rings among them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::random::Random;

pub(super) fn generate(
    random: &mut Random,
    count: usize,
    groups: &[Uuid],
    filters: &[Uuid],
) -> Vec<Value> {
    (0..count)
        .map(|at| configuration(random, at, groups, filters))
        .collect()
}

fn configuration(random: &mut Random, at: usize, groups: &[Uuid], filters: &[Uuid]) -> Value {
    let site = random.pick(names::SITES);
    let ring = random.pick(names::RINGS);
    let (created, changed) = parts::times(random);
    let id = random.uuid().to_string();
    let (kind, title, own) = own_fields(random, at, ring);
    let mut fields = Map::from_iter([
        (
            "@odata.type".to_owned(),
            json!(format!("#microsoft.graph.{kind}")),
        ),
        ("id".to_owned(), json!(id)),
        (
            "displayName".to_owned(),
            json!(format!("{title} {site} {:02}", at + 1)),
        ),
        (
            "description".to_owned(),
            json!(format!("Baseline for {site}")),
        ),
        ("createdDateTime".to_owned(), json!(created)),
        ("lastModifiedDateTime".to_owned(), json!(changed)),
        ("version".to_owned(), json!(random.between(1, 12))),
        ("roleScopeTagIds".to_owned(), json!(["0"])),
        ("supportsScopeTags".to_owned(), json!(true)),
        (
            "assignments".to_owned(),
            json!(parts::assignments(random, &id, groups, filters)),
        ),
    ]);
    if let Value::Object(own) = own {
        fields.extend(own);
    }
    Value::Object(fields)
}

/// Every type occurs, in turn.
fn own_fields(random: &mut Random, at: usize, ring: &str) -> (&'static str, String, Value) {
    match at % 7 {
        0 => (
            "windows10GeneralConfiguration",
            "Windows device restrictions".to_owned(),
            json!({
                "passwordRequired": true,
                "passwordMinimumLength": random.between(8, 14),
                "cameraBlocked": random.chance(20),
                "bluetoothBlocked": random.chance(10),
                "storageBlockRemovableStorage": random.chance(50),
                "cortanaBlocked": true,
                "edgeBlocked": false,
            }),
        ),
        1 => (
            "windows10CustomConfiguration",
            "Windows custom settings".to_owned(),
            json!({"omaSettings": [{
                "@odata.type": "#microsoft.graph.omaSettingInteger",
                "displayName": "Delivery Optimization mode",
                "description": null,
                "omaUri": "./Device/Vendor/MSFT/Policy/Config/DeliveryOptimization/DODownloadMode",
                "secretReferenceValueId": null,
                "isEncrypted": false,
                "value": random.between(0, 3),
            }]}),
        ),
        2 => (
            "windowsUpdateForBusinessConfiguration",
            format!("Update ring {ring}"),
            json!({
                "qualityUpdatesDeferralPeriodInDays": random.between(0, 14),
                "featureUpdatesDeferralPeriodInDays": random.between(0, 120),
                "qualityUpdatesPaused": false,
                "featureUpdatesPaused": false,
                "automaticUpdateMode": "autoInstallAtMaintenanceTime",
                "businessReadyUpdatesOnly": "businessReadyOnly",
                "driversExcluded": random.chance(30),
            }),
        ),
        3 => (
            "iosGeneralDeviceConfiguration",
            "iPhone restrictions".to_owned(),
            json!({
                "passcodeRequired": true,
                "passcodeMinimumLength": random.between(4, 8),
                "appStoreBlocked": false,
                "iCloudBlockBackup": random.chance(50),
                "screenCaptureBlocked": random.chance(20),
            }),
        ),
        4 => (
            "macOSGeneralDeviceConfiguration",
            "Mac restrictions".to_owned(),
            json!({
                "passwordRequired": true,
                "passwordMinimumLength": random.between(8, 12),
                "passwordMinutesOfInactivityBeforeLock": random.between(5, 15),
                "airDropBlocked": random.chance(40),
            }),
        ),
        5 => (
            "androidWorkProfileGeneralDeviceConfiguration",
            "Android work profile".to_owned(),
            json!({
                "passwordMinimumLength": random.between(4, 8),
                "workProfileBlockScreenCapture": random.chance(60),
                "securityRequireVerifyApps": true,
            }),
        ),
        _ => (
            "windows10EndpointProtectionConfiguration",
            "Windows endpoint protection".to_owned(),
            json!({
                "firewallBlockStatefulFTP": true,
                "smartScreenEnableInShell": true,
                "bitLockerEncryptDevice": random.chance(80),
                "defenderSecurityCenterDisableHealthUI": false,
            }),
        ),
    }
}
