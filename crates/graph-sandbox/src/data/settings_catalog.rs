//! Settings catalog policies and their settings, some more than a page of them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{names, parts};
use crate::random::Random;

/// Setting definitions as the catalog names them: prefix, and what it is about.
const DEFINITIONS: &[&str] = &[
    "device_vendor_msft_policy_config_bitlocker_requiredeviceencryption",
    "device_vendor_msft_policy_config_defender_allowrealtimemonitoring",
    "device_vendor_msft_policy_config_defender_allowcloudprotection",
    "device_vendor_msft_policy_config_devicelock_devicepasswordenabled",
    "device_vendor_msft_policy_config_experience_allowcortana",
    "device_vendor_msft_policy_config_privacy_letappsaccesscamera",
    "device_vendor_msft_policy_config_update_allowautoupdate",
    "device_vendor_msft_policy_config_wifi_allowinternetsharing",
    "device_vendor_msft_policy_config_browser_allowpopups",
    "device_vendor_msft_policy_config_smartscreen_enablesmartscreeninshell",
    "device_vendor_msft_policy_config_storage_removablediskdenywriteaccess",
    "device_vendor_msft_policy_config_system_allowtelemetry",
];

/// Title, platform, channel and the family of the template it was made from.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("Windows hardening", "windows10", "mdm", "none"),
    (
        "Antivirus",
        "windows10",
        "mdm,microsoftSense",
        "endpointSecurityAntivirus",
    ),
    (
        "Disk encryption",
        "windows10",
        "mdm",
        "endpointSecurityDiskEncryption",
    ),
    (
        "Firewall",
        "windows10",
        "mdm,microsoftSense",
        "endpointSecurityFirewall",
    ),
    ("Mac baseline", "macOS", "mdm,appleRemoteManagement", "none"),
    ("iPad kiosk", "iOS", "mdm,appleRemoteManagement", "none"),
];

/// The active template of each family that policies are generated from.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "endpointSecurityAntivirus",
        "804339ad-1553-4478-a742-138fb5807418_1",
    ),
    (
        "endpointSecurityDiskEncryption",
        "46ddfc50-d10f-4867-b852-9434254b3bff_1",
    ),
    (
        "endpointSecurityFirewall",
        "6078910e-d808-4a9f-a51d-1b8a7bacb7c0_1",
    ),
];

/// The active template of a family; empty for policies without one.
fn template(family: &str) -> &'static str {
    let mut known = TEMPLATES.iter();
    known
        .find(|(own, _)| *own == family)
        .map_or("", |(_, id)| id)
}

/// Whether policies may be made from a template: `GUID_N`, and of those above no other version.
///
/// There are more templates than anybody wrote down, so one that is not known is taken.
pub(crate) fn is_template(id: &str) -> bool {
    let Some((family, version)) = id.split_once('_') else {
        return id.is_empty();
    };
    let is_formed = family.len() == 36
        && Uuid::parse_str(family).is_ok()
        && version.parse::<u16>().is_ok_and(|version| version > 0);
    let is_current = |(_, own): &(&str, &str)| {
        own.split_once('_').is_none_or(|(known, current)| {
            !known.eq_ignore_ascii_case(family) || current == version
        })
    };
    is_formed && TEMPLATES.iter().all(is_current)
}

pub(super) fn generate(
    mut random: Random,
    count: usize,
    groups: &[Uuid],
) -> impl Iterator<Item = Value> {
    (0..count).map(move |at| policy(&mut random, at, groups))
}

fn policy(random: &mut Random, at: usize, groups: &[Uuid]) -> Value {
    let site = random.pick(names::SITES);
    let (created, changed) = parts::times(random);
    let id = random.uuid().to_string();
    let index = random.below(KINDS.len());
    let (title, platform, technologies, family) =
        KINDS
            .get(index)
            .copied()
            .unwrap_or(("Baseline", "windows10", "mdm", "none"));
    // One in ten is long enough for a second page of 25.
    let settings = if at % 10 == 4 {
        random.between(26, 60)
    } else {
        random.between(1, 9)
    };
    let assignments = parts::assignments(random, &id, groups, &[]);
    let template = template(family);
    json!({
        "id": id,
        "name": format!("{title} {site} {:03}", at + 1),
        "description": format!("{title} for {site}"),
        "platforms": platform,
        "technologies": technologies,
        "createdDateTime": created,
        "lastModifiedDateTime": changed,
        "settingCount": settings,
        "isAssigned": !assignments.is_empty(),
        "creationSource": null,
        "roleScopeTagIds": ["0"],
        "priorityMetaData": null,
        "templateReference": {
            "templateId": template,
            "templateFamily": family,
            "templateDisplayName": if family == "none" { None } else { Some(title) },
            "templateDisplayVersion": if family == "none" { None } else { Some("Version 1") },
        },
        "assignments": assignments,
        "settings": (0..settings).map(|number| setting(random, number)).collect::<Vec<_>>(),
    })
}

fn setting(random: &mut Random, number: usize) -> Value {
    let base = DEFINITIONS
        .get(number % DEFINITIONS.len())
        .copied()
        .unwrap_or_default();
    // Beyond the list the definitions are told apart by a number.
    let round = number / DEFINITIONS.len();
    let definition = if round == 0 {
        base.to_owned()
    } else {
        format!("{base}_{round}")
    };
    json!({
        "id": number.to_string(),
        "settingInstance": {
            "@odata.type":
                "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": definition,
            "settingInstanceTemplateReference": null,
            "choiceSettingValue": {
                "settingValueTemplateReference": null,
                "value": format!("{definition}_{}", random.below(2)),
                "children": [],
            },
        },
    })
}
