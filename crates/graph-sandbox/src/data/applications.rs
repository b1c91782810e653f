//! App protection policies and autopilot profiles.

use serde_json::{Value, json};
use uuid::Uuid;

use super::parts;
use crate::random::Random;

pub(super) fn protections(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let mut out = Vec::new();
    for (platform, kind) in [("iOS", "ios"), ("Android", "android")] {
        for title in ["basic", "strict", "kiosk"] {
            let (created, changed) = parts::times(random);
            let id = format!("T_{}", random.uuid());
            let assignments = parts::assignments(random, &id, groups, &[]);
            out.push(json!({
                "@odata.type": format!("#microsoft.graph.{kind}ManagedAppProtection"),
                "id": id,
                "displayName": format!("{platform} app protection, {title}"),
                "description": "",
                "version": format!("\"{}\"", random.uuid()),
                "roleScopeTagIds": ["0"],
                "createdDateTime": created,
                "lastModifiedDateTime": changed,
                "isAssigned": !assignments.is_empty(),
                "pinRequired": true,
                "minimumPinLength": random.between(4, 8),
                "periodOfflineBeforeWipeIsEnforced": "P90D",
                "dataBackupBlocked": random.chance(80),
                "saveAsBlocked": true,
                "assignments": assignments,
            }));
        }
    }
    out
}

pub(super) fn autopilot(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let mut out = Vec::new();
    for title in ["User driven", "Self deploying"] {
        let (created, changed) = parts::times(random);
        let id = random.uuid().to_string();
        out.push(json!({
            "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile",
            "id": id,
            "displayName": title,
            "description": "",
            "language": "os-default",
            "deviceNameTemplate": "PC-%RAND:5%",
            "deviceType": "windowsPc",
            "extractHardwareHash": true,
            "roleScopeTagIds": ["0"],
            "createdDateTime": created,
            "lastModifiedDateTime": changed,
            "outOfBoxExperienceSettings": {
                "hidePrivacySettings": true, "hideEULA": true, "userType": "standard",
                "deviceUsageType": "singleUser", "skipKeyboardSelectionPage": true,
                "hideEscapeLink": true,
            },
            "assignments": parts::assignments(random, &id, groups, &[]),
        }));
    }
    out
}
