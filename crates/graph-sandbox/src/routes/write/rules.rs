//! What a body has to hold, kind by kind.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::access::Whole;
use super::body::{bad, base64, list, one_of, text};
use super::{Change, access, groups};
use crate::catalogue::Rules;
use crate::data::settings_catalog::is_template;
use crate::errors::Problem;
use crate::state::Entity;
use crate::types::Type;

type Fields = Map<String, Value>;

/// Sending back what only Graph may say is refused, where tools saw it refused.
pub(super) fn refuse_read_only(fields: &Fields) -> Result<(), Problem> {
    if fields.get("supportsScopeTags") == Some(&Value::Bool(true)) {
        return Err(bad("The property 'supportsScopeTags' is read-only."));
    }
    Ok(())
}

/// Checks a new object.
pub(super) fn check_new(change: &Change<'_>, fields: &mut Fields) -> Result<(), Problem> {
    let rules = change.writes.rules;
    match rules {
        Rules::Group => return groups::check_new(fields),
        Rules::SettingsCatalog => text(fields, "name")?,
        _ => text(fields, "displayName")?,
    };
    lengths(rules, fields)?;
    match rules {
        Rules::Group => Ok(()),
        Rules::DeviceConfiguration | Rules::Autopilot | Rules::NamedLocation => typed(fields),
        Rules::Compliance => {
            typed(fields)?;
            one_block(list(fields, "scheduledActionsForRule")?)
        }
        Rules::SettingsCatalog => settings_catalog(fields, Whole::Yes),
        Rules::Enrollment => typed(fields),
        Rules::Script => {
            text(fields, "fileName")?;
            base64(fields, "scriptContent")
        }
        Rules::HealthScript => {
            text(fields, "publisher")?;
            base64(fields, "detectionScriptContent")
        }
        Rules::AccessPolicy => access::policy(change, fields, Whole::Yes),
        Rules::Filter => {
            text(fields, "rule")?;
            one_of(fields, "platform", PLATFORMS)
        }
        Rules::ScopeTag | Rules::IntuneRole => {
            refuse(fields, &["isBuiltIn", "isBuiltInRoleDefinition"])
        }
        Rules::Notification => refuse(fields, &["localizedNotificationMessages"]),
        Rules::ReusableSetting => {
            text(fields, "settingDefinitionId")?;
            fields
                .get("settingInstance")
                .filter(|instance| instance.is_object())
                .map(|_| ())
                .ok_or_else(|| bad("The property 'settingInstance' is required."))
        }
        Rules::AppProtection => {
            let view = change.collection.only;
            let own = fields.entry("@odata.type").or_insert_with(|| json!(view));
            if view.is_some() && own.as_str() != view {
                return Err(bad(
                    "The property '@odata.type' names another type than the path.",
                ));
            }
            typed(fields)
        }
    }
}

/// Checks a change of `now`.
pub(super) fn check_change(
    change: &Change<'_>,
    now: &Fields,
    fields: &Fields,
) -> Result<(), Problem> {
    let own_type = now.get("@odata.type").filter(|kind| kind.is_string());
    let stated = fields.get("@odata.type");
    let must_state = matches!(
        change.writes.rules,
        Rules::DeviceConfiguration | Rules::Compliance | Rules::Enrollment | Rules::AppProtection
    );
    if own_type.is_some() && stated != own_type && (must_state || stated.is_some()) {
        return Err(bad(
            "The property '@odata.type' must name the type of the object.",
        ));
    }
    lengths(change.writes.rules, fields)?;
    for name in ["displayName", "name"] {
        if fields.contains_key(name) {
            text(fields, name)?;
        }
    }
    match change.writes.rules {
        Rules::Compliance => refuse(fields, &["scheduledActionsForRule"]),
        Rules::SettingsCatalog => {
            // `PUT` is the whole policy, `PATCH` what changes of it.
            let whole = match change.call.method {
                Method::PATCH => Whole::No,
                _ => Whole::Yes,
            };
            settings_catalog(fields, whole)?;
            same(now, fields, &["platforms", "technologies"])?;
            let template = |of: &Fields| {
                let reference = of.get("templateReference")?.get("templateId")?;
                reference.as_str().map(str::to_owned)
            };
            if template(fields).is_some_and(|own| Some(own) != template(now)) {
                return Err(bad("The template of a policy cannot be changed."));
            }
            Ok(())
        }
        Rules::Enrollment => refuse(
            fields,
            &[
                "priority",
                "platformType",
                "deviceEnrollmentConfigurationType",
            ],
        ),
        Rules::Filter => same(now, fields, &["platform"]),
        Rules::AccessPolicy => access::policy(change, fields, Whole::No),
        Rules::ScopeTag | Rules::IntuneRole if now.get("isBuiltIn") == Some(&json!(true)) => {
            Err(bad("A built-in object cannot be changed."))
        }
        Rules::ScopeTag | Rules::IntuneRole => {
            same(now, fields, &["isBuiltIn", "isBuiltInRoleDefinition"])
        }
        Rules::Script if fields.contains_key("scriptContent") => base64(fields, "scriptContent"),
        Rules::ReusableSetting => {
            text(fields, "displayName")?;
            same(now, fields, &["settingDefinitionId"])
        }
        _ => Ok(()),
    }
}

/// What a new object has though nobody said so.
pub(super) fn complete(change: &Change<'_>, fields: &mut Fields) {
    let mut default = |name: &str, value: Value| {
        fields.entry(name).or_insert(value);
    };
    let collection = change.collection;
    if collection.path.starts_with("device") && change.writes.rules != Rules::Filter {
        default("roleScopeTagIds", json!(["0"]));
    }
    for known in collection.navigation {
        default(known.name, json!([]));
    }
    let kind = Type::named(collection.kind);
    if kind.is_some_and(|kind| kind.property("description", change.call.version).is_some()) {
        default("description", Value::Null);
    }
    match change.writes.rules {
        Rules::DeviceConfiguration => {
            default("supportsScopeTags", json!(true));
            default("version", json!(1));
        }
        Rules::Compliance | Rules::Enrollment => default("version", json!(1)),
        Rules::SettingsCatalog => {
            default("creationSource", Value::Null);
            default("isAssigned", json!(false));
            default("priorityMetaData", Value::Null);
            default(
                "templateReference",
                json!({"templateId": "", "templateFamily": "none"}),
            );
        }
        Rules::ScopeTag => default("isBuiltIn", json!(false)),
        Rules::IntuneRole => {
            default("isBuiltIn", json!(false));
            default("isBuiltInRoleDefinition", json!(false));
        }
        Rules::Filter => {
            default("roleScopeTags", json!(["0"]));
            default("assignmentFilterManagementType", json!("devices"));
            default("payloads", json!([]));
        }
        Rules::AccessPolicy => {
            default("templateId", Value::Null);
            default("sessionControls", Value::Null);
            default("grantControls", Value::Null);
        }
        Rules::AppProtection => {
            default("isAssigned", json!(false));
            default("version", json!(format!("\"{}\"", uuid::Uuid::new_v4())));
        }
        Rules::Notification => default("brandingOptions", json!("none")),
        _ => {}
    }
    if change.writes.rules == Rules::Group {
        groups::complete(fields, &change.call.tenant.seed.domain, change.now());
    }
    number_parts(fields);
}

/// The changed object, with what follows from its parts.
pub(super) fn merged(change: &Change<'_>, before: &Entity, mut fields: Fields) -> Fields {
    if change.writes.rules == Rules::AccessPolicy {
        // `conditions` are named in part: what is left out stays.
        let old = before.fields().remove("conditions");
        if let (Some(Value::Object(mut old)), Some(Value::Object(new))) =
            (old, fields.get("conditions").cloned())
        {
            old.extend(new);
            fields.insert("conditions".to_owned(), Value::Object(old));
        }
    }
    number_parts(&mut fields);
    fields
}

/// Settings and scheduled actions have ids of their own.
fn number_parts(fields: &mut Fields) {
    if let Some(settings) = fields.get_mut("settings").and_then(Value::as_array_mut) {
        let count = settings.len();
        for (at, setting) in settings.iter_mut().enumerate() {
            if let Some(setting) = setting.as_object_mut() {
                setting.insert("id".to_owned(), json!(at.to_string()));
            }
        }
        fields.insert("settingCount".to_owned(), json!(count));
    }
    let rules = fields
        .get_mut("scheduledActionsForRule")
        .and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        with_id(rule);
        let actions = rule
            .get_mut("scheduledActionConfigurations")
            .and_then(Value::as_array_mut);
        actions.into_iter().flatten().for_each(with_id);
    }
}

fn with_id(part: &mut Value) {
    if let Some(part) = part.as_object_mut() {
        part.entry("id")
            .or_insert_with(|| json!(uuid::Uuid::new_v4().to_string()));
    }
}

fn typed(fields: &Fields) -> Result<(), Problem> {
    let kind = text(fields, "@odata.type")?;
    let name = kind.strip_prefix("#microsoft.graph.");
    let fits = name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if fits {
        return Ok(());
    }
    Err(bad(
        "The property '@odata.type' must begin with '#microsoft.graph.'.",
    ))
}

/// Refuses what cannot be said here, unless it says nothing: null, false or an empty list.
fn refuse(fields: &Fields, names: &[&str]) -> Result<(), Problem> {
    let says = |name: &&&str| {
        fields.get(**name).is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(items) => !items.is_empty(),
            _ => true,
        })
    };
    match names.iter().find(says) {
        Some(name) => Err(bad(format!("The property '{name}' cannot be set here."))),
        None => Ok(()),
    }
}

fn same(now: &Fields, fields: &Fields, names: &[&str]) -> Result<(), Problem> {
    let differs = |name: &&&str| {
        fields
            .get(**name)
            .is_some_and(|value| now.get(**name) != Some(value))
    };
    match names.iter().find(differs) {
        Some(name) => Err(bad(format!("The property '{name}' cannot be changed."))),
        None => Ok(()),
    }
}

const PLATFORMS: &[&str] = &[
    "android",
    "androidForWork",
    "iOS",
    "macOS",
    "windowsPhone81",
    "windows81AndLater",
    "windows10AndLater",
    "androidWorkProfile",
    "androidAOSP",
    "androidMobileApplicationManagement",
    "iOSMobileApplicationManagement",
    "windowsMobileApplicationManagement",
];

/// What the documentation says of the lengths of texts.
fn lengths(rules: Rules, fields: &Fields) -> Result<(), Problem> {
    let rule = fields.get("rule").and_then(Value::as_str);
    match rules {
        Rules::Group => groups::check(fields),
        Rules::Filter if rule.is_some_and(|rule| rule.chars().count() > 3_072) => {
            Err(bad("The property 'rule' may have 3072 characters."))
        }
        _ => Ok(()),
    }
}

/// Exactly one action blocks.
pub(super) fn one_block(rules: &[Value]) -> Result<(), Problem> {
    let actions = rules
        .iter()
        .filter_map(|rule| rule.get("scheduledActionConfigurations")?.as_array());
    let blocks = actions
        .flatten()
        .filter(|action| action.get("actionType").and_then(Value::as_str) == Some("block"));
    if blocks.count() == 1 {
        return Ok(());
    }
    Err(bad(
        "'scheduledActionsForRule' must hold exactly one scheduled action of type 'block'.",
    ))
}

fn settings_catalog(fields: &Fields, whole: Whole) -> Result<(), Problem> {
    let is_checked = |name: &str| whole == Whole::Yes || fields.contains_key(name);
    for name in ["platforms", "technologies"] {
        if is_checked(name) {
            text(fields, name)?;
        }
    }
    let settings = if is_checked("settings") {
        list(fields, "settings")?.as_slice()
    } else {
        &[]
    };
    for setting in settings {
        let definition = setting
            .get("settingInstance")
            .and_then(|instance| instance.get("settingDefinitionId")?.as_str());
        if definition.is_none_or(str::is_empty) {
            return Err(bad(
                "Every setting needs 'settingInstance.settingDefinitionId'.",
            ));
        }
    }
    let template = fields
        .get("templateReference")
        .and_then(|reference| reference.get("templateId")?.as_str());
    match template {
        Some(id) if !is_template(id) => Err(Problem::InvalidReference(format!(
            "The template '{}' does not exist or is not active.",
            crate::routes::graph::short(id)
        ))),
        _ => Ok(()),
    }
}
