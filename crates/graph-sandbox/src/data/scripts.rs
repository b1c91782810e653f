//! Scripts of three kinds, with their text.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::encoding::base64;
use crate::random::Random;

pub(super) fn powershell(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let titles = [
        "Rename device",
        "Remove consumer apps",
        "Set time zone",
        "Map drives",
    ];
    let mut out = Vec::new();
    for title in titles {
        let (created, changed) = parts::times(random);
        let id = random.uuid().to_string();
        let site = random.pick(names::SITES);
        out.push(json!({
            "id": id,
            "displayName": format!("{title} {site}"),
            "description": title,
            "fileName": format!("{}.ps1", title.replace(' ', "-").to_ascii_lowercase()),
            "runAsAccount": "system",
            "enforceSignatureCheck": false,
            "runAs32Bit": false,
            "roleScopeTagIds": ["0"],
            "createdDateTime": created,
            "lastModifiedDateTime": changed,
            "scriptContent": base64(format!("# {title}\nWrite-Output '{site}'\n").as_bytes()),
            "assignments": parts::assignments(random, &id, groups, &[]),
        }));
    }
    out
}

pub(super) fn shell(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let mut out = Vec::new();
    for title in ["Install certificates", "Set wallpaper", "Rotate logs"] {
        let (created, changed) = parts::times(random);
        let id = random.uuid().to_string();
        out.push(json!({
            "id": id,
            "displayName": title,
            "description": "",
            "fileName": format!("{}.sh", title.replace(' ', "-").to_ascii_lowercase()),
            "runAsAccount": "system",
            "executionFrequency": "PT0S",
            "retryCount": 3,
            "blockExecutionNotifications": true,
            "roleScopeTagIds": ["0"],
            "createdDateTime": created,
            "lastModifiedDateTime": changed,
            "scriptContent": base64(format!("#!/bin/sh\necho '{title}'\n").as_bytes()),
            "assignments": parts::assignments(random, &id, groups, &[]),
        }));
    }
    out
}

pub(super) fn health(random: &mut Random, groups: &[Uuid]) -> Vec<Value> {
    let mut out = Vec::new();
    for title in [
        "Restart stopped services",
        "Free disk space",
        "Renew Wi-Fi profile",
    ] {
        let (created, changed) = parts::times(random);
        let id = random.uuid().to_string();
        let mut assignments = parts::assignments(random, &id, groups, &[]);
        for assignment in assignments.iter_mut().filter_map(Value::as_object_mut) {
            assignment.insert("runRemediationScript".to_owned(), json!(true));
            assignment.insert(
                "runSchedule".to_owned(),
                json!({
                    "@odata.type": "#microsoft.graph.deviceHealthScriptDailySchedule",
                    "interval": 1, "useUtc": false, "time": "09:00:00",
                }),
            );
        }
        out.push(json!({
            "id": id,
            "displayName": title,
            "description": "",
            "publisher": "IT",
            "version": "1",
            "isGlobalScript": false,
            "runAsAccount": "system",
            "enforceSignatureCheck": false,
            "runAs32Bit": false,
            "deviceHealthScriptType": "deviceHealthScript",
            "roleScopeTagIds": ["0"],
            "createdDateTime": created,
            "lastModifiedDateTime": changed,
            "detectionScriptContent": base64(b"exit 1\n"),
            "remediationScriptContent": base64(format!("# {title}\nexit 0\n").as_bytes()),
            "assignments": assignments,
        }));
    }
    out
}
