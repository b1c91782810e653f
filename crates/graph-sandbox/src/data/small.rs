//! What every tenant has a few of: filters, scope tags, roles of Intune, notifications, reusable settings.

use serde_json::{Value, json};
use uuid::Uuid;

use super::parts;
use crate::random::Random;

pub(super) fn filters(ids: &[Uuid]) -> Vec<Value> {
    let known = [
        (
            "Windows 11 corporate",
            "windows10AndLater",
            "(device.osVersion -startsWith \"10.0.22\")",
            "devices",
        ),
        (
            "Company owned iPhones",
            "iOS",
            "(device.deviceOwnership -eq \"Corporate\")",
            "devices",
        ),
        (
            "Managed Outlook",
            "iOSMobileApplicationManagement",
            "(app.appVersion -startsWith \"4\")",
            "apps",
        ),
    ];
    let pairs = known.into_iter().zip(ids);
    pairs
        .map(|((name, platform, rule, kind), id)| {
            json!({
                "id": id.to_string(),
                "displayName": name,
                "description": "",
                "platform": platform,
                "rule": rule,
                "roleScopeTags": ["0"],
                "assignmentFilterManagementType": kind,
                "createdDateTime": "2025-02-03T08:00:00Z",
                "lastModifiedDateTime": "2025-02-03T08:00:00Z",
                "payloads": [],
            })
        })
        .collect()
}

pub(super) fn scope_tags() -> Vec<Value> {
    [
        ("0", "Default", true),
        ("1", "Headquarters", false),
        ("2", "Branches", false),
    ]
    .into_iter()
    .map(|(id, name, built_in)| {
        json!({
            "id": id, "displayName": name, "description": "", "isBuiltIn": built_in,
            "assignments": [],
        })
    })
    .collect()
}

pub(super) fn intune_roles() -> Vec<Value> {
    let known = [
        (
            "c1d9fcbb-cba5-40b0-bf6b-527006585f4b",
            "Application Manager",
            "Microsoft.Intune/MobileApps/Read",
        ),
        (
            "0bd113fd-6be5-400c-a28f-ae5553f9c0be",
            "Policy and Profile manager",
            "Microsoft.Intune/DeviceConfigurations/Read",
        ),
        (
            "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e",
            "Help Desk Operator",
            "Microsoft.Intune/ManagedDevices/Read",
        ),
        (
            "fa1d7878-e8cb-41a1-8254-0a2a8ff9d1ee",
            "Read Only Operator",
            "Microsoft.Intune/Organization/Read",
        ),
        (
            "5f0a4c1e-2a63-4f0f-9c2f-6d0b8f1a7c11",
            "Branch helpers",
            "Microsoft.Intune/ManagedDevices/Read",
        ),
    ];
    let built_in = |at: usize| at < known.len() - 1;
    known
        .into_iter()
        .enumerate()
        .map(|(at, (id, name, action))| {
            let built_in = built_in(at);
            json!({
                "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition",
                "id": id, "displayName": name, "description": name,
                "isBuiltIn": built_in, "isBuiltInRoleDefinition": built_in,
                "roleScopeTagIds": ["0"],
                "rolePermissions": [{"resourceActions": [{
                    "allowedResourceActions": [action], "notAllowedResourceActions": [],
                }]}],
                "roleAssignments": [],
            })
        })
        .collect()
}

pub(super) fn notifications(random: &mut Random) -> Vec<Value> {
    let mut out = Vec::new();
    for name in ["Device is not compliant", "Last reminder"] {
        let id = random.uuid().to_string();
        let (_, changed) = parts::times(random);
        let messages: Vec<_> = [("en-us", true), ("de-de", false)]
            .into_iter()
            .map(|(locale, is_default)| {
                json!({
                    "id": format!("{id}_{locale}"), "locale": locale, "subject": name,
                    "messageTemplate": "<p>Your device needs attention.</p>",
                    "isDefault": is_default, "lastModifiedDateTime": changed,
                })
            })
            .collect();
        out.push(json!({
            "id": id, "displayName": name, "defaultLocale": "en-us",
            "brandingOptions": "includeCompanyLogo", "roleScopeTagIds": ["0"],
            "lastModifiedDateTime": changed, "localizedNotificationMessages": messages,
        }));
    }
    out
}

pub(super) fn reusable_settings(random: &mut Random) -> Vec<Value> {
    let mut out = Vec::new();
    for name in ["Office networks", "Print servers"] {
        let (created, changed) = parts::times(random);
        let definition = "vendor_msft_firewall_mdmstore_dynamickeywords_addresses_{id}";
        out.push(json!({
            "id": random.uuid().to_string(), "displayName": name, "description": "",
            "settingDefinitionId": definition, "version": 1,
            "referencingConfigurationPolicyCount": 0,
            "createdDateTime": created, "lastModifiedDateTime": changed,
            "settingInstance": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance",
                "settingDefinitionId": definition,
                "settingInstanceTemplateReference": null,
                "groupSettingCollectionValue": [],
            },
        }));
    }
    out
}
