//! Enrollment configurations: the defaults of priority 0, and some of each type above them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::parts;
use crate::random::Random;

/// Type, its name in `deviceEnrollmentConfigurationType`, suffix of the id, title, own properties.
fn kinds() -> [(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Value,
); 5] {
    let platform = json!({
        "platformBlocked": false, "personalDeviceEnrollmentBlocked": true,
        "osMinimumVersion": "", "osMaximumVersion": "",
    });
    [
        (
            "deviceEnrollmentLimitConfiguration",
            "limit",
            "DefaultLimit",
            "Device limit",
            json!({"limit": 5}),
        ),
        (
            "deviceEnrollmentPlatformRestrictionsConfiguration",
            "platformRestrictions",
            "DefaultPlatformRestrictions",
            "Platform restrictions",
            json!({
                "iosRestriction": platform, "windowsRestriction": platform,
                "androidRestriction": platform, "macOSRestriction": platform,
            }),
        ),
        (
            "deviceEnrollmentWindowsHelloForBusinessConfiguration",
            "windowsHelloForBusiness",
            "DefaultWindowsHelloForBusiness",
            "Windows Hello",
            json!({"pinMinimumLength": 6, "pinMaximumLength": 127, "state": "enabled"}),
        ),
        (
            "windows10EnrollmentCompletionPageConfiguration",
            "windows10EnrollmentCompletionPageConfiguration",
            "DefaultWindows10EnrollmentCompletionPageConfiguration",
            "Enrollment status page",
            json!({
                "showInstallationProgress": true, "blockDeviceSetupRetryByUser": false,
                "allowDeviceResetOnInstallFailure": true, "installProgressTimeoutInMinutes": 60,
            }),
        ),
        (
            "deviceEnrollmentPlatformRestrictionConfiguration",
            "singlePlatformRestriction",
            "SinglePlatformRestriction",
            "Single platform restriction",
            json!({"platformType": "ios", "platformRestriction": platform}),
        ),
    ]
}

pub(super) fn generate(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let mut out = Vec::new();
    for (kind, name, suffix, title, own) in kinds() {
        // A single platform restriction has no default.
        let first = usize::from(name == "singlePlatformRestriction");
        for priority in first..=2 {
            let (created, changed) = parts::times(random);
            let id = format!("{}_{suffix}", random.uuid());
            let assignments = match priority {
                0 => Vec::new(),
                _ => parts::assignments(random, &id, groups, &[]),
            };
            let mut fields = Map::from_iter([
                (
                    "@odata.type".to_owned(),
                    json!(format!("#microsoft.graph.{kind}")),
                ),
                ("id".to_owned(), json!(id)),
                (
                    "displayName".to_owned(),
                    json!(match priority {
                        0 => "All users and all devices".to_owned(),
                        _ => format!("{title} {priority}"),
                    }),
                ),
                ("description".to_owned(), json!("")),
                ("priority".to_owned(), json!(priority)),
                ("createdDateTime".to_owned(), json!(created)),
                ("lastModifiedDateTime".to_owned(), json!(changed)),
                ("version".to_owned(), json!(1)),
                ("roleScopeTagIds".to_owned(), json!(["0"])),
                ("deviceEnrollmentConfigurationType".to_owned(), json!(name)),
                ("assignments".to_owned(), json!(assignments)),
            ]);
            if let Value::Object(own) = &own {
                fields.extend(own.clone());
            }
            out.push(Value::Object(fields));
        }
    }
    out
}
