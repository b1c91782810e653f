//! What of an object is compared, with what was sent or with the object as it was.

use serde_json::{Map, Value};

use super::{Contract, strip::is_taken_back};
use crate::settings::SettingSet;

/// What differs without anybody having changed it, on top of what no type takes back.
const NOISE: [&str; 8] = [
    "roleScopeTagIds",
    "settingCount",
    "creationSource",
    "priorityMetaData",
    "templateId",
    "source",
    "isSynced",
    "lastSuccessfulSyncDateTime",
];

/// What of that stands in the objects inside, too; all else in them is meant by who sends it.
const NOISE_INSIDE: [&str; 2] = ["isSynced", "lastSuccessfulSyncDateTime"];

impl Contract {
    /// Whether a field tells an object from another one, or from itself at another time.
    ///
    /// An update that names such a field means it all the same.
    pub fn tells_apart(field: &str) -> bool {
        is_taken_back(field) && !NOISE.contains(&field)
    }

    /// A field as it is compared; one that is not there is null.
    ///
    /// Graph answers an empty text as null, adds empty lists that nobody sent, leaves out what is null, and has its
    /// own order of words and ids, who is included or excluded among them.
    pub fn compared(&self, object: &Map<String, Value>, field: &str) -> String {
        let value = match object.get(field) {
            Some(Value::Array(settings)) if field == SettingSet::NAME => {
                return SettingSet::of(settings).to_string();
            }
            Some(value) => value.clone(),
            None => return Value::Null.to_string(),
        };
        let mut alone = Map::from_iter([(field.to_owned(), value)]);
        self.reshape(&mut alone);
        let value = alone.get(field).map_or(Value::Null, told);
        value.to_string()
    }
}

fn tells_apart_inside(field: &str) -> bool {
    is_taken_back(field) && !NOISE_INSIDE.contains(&field)
}

fn told(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(values) if values.is_empty() => Value::Null,
        Value::Object(fields) => {
            let typed = fields.contains_key("@odata.type");
            let told = fields
                .iter()
                .filter(|(name, _)| !name.contains("@odata.") || *name == "@odata.type")
                .filter(|(name, _)| !typed || tells_apart_inside(name))
                .map(|(name, value)| (name, told(value)))
                .filter(|(_, value)| !value.is_null());
            let told: Map<_, _> = told.map(|(name, value)| (name.clone(), value)).collect();
            if told.is_empty() {
                Value::Null
            } else {
                told.into()
            }
        }
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let mut words: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            words.sort_unstable();
            words.into()
        }
        Value::Array(values) => values.iter().map(told).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::contract;
    use super::*;

    fn all(kind: &str, object: &Value) -> Vec<String> {
        let (contract, object) = (contract(kind).unwrap(), object.as_object().unwrap());
        let names = object.keys().filter(|name| Contract::tells_apart(name));
        names.map(|name| contract.compared(object, name)).collect()
    }

    #[test]
    fn i05_what_differs_by_itself_tells_nothing() {
        for noise in [
            "id",
            "createdDateTime",
            "lastModifiedDateTime",
            "modifiedDateTime",
            "version",
            "supportsScopeTags",
            "isAssigned",
            "assignments",
            "roleScopeTagIds",
            "settingCount",
            "creationSource",
            "priorityMetaData",
            "templateId",
            "source",
            "isSynced",
            "lastSuccessfulSyncDateTime",
            "@odata.context",
            "assignments@odata.context",
            "owner@odata.navigationLink",
            "@odata.id",
            "#microsoft.graph.assign",
        ] {
            assert!(!Contract::tells_apart(noise), "{noise}");
        }
        for telling in [
            "displayName",
            "description",
            "settings",
            "state",
            "@odata.type",
        ] {
            assert!(Contract::tells_apart(telling), "{telling}");
        }
    }

    #[test]
    fn i05_what_graph_adds_inside_an_object_is_no_difference() {
        let sent = json!({"displayName": "Ring", "description": "", "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "value": "v", "omaUri": "./x"}]});
        let read = json!({"id": "1", "version": 2, "displayName": "Ring", "description": null,
            "roleScopeTagIds": ["0"], "omaSettings@odata.context": "x", "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "id": "7", "value": "v",
             "value@odata.type": "#String", "omaUri": "./x", "isSynced": true}]});
        let kind = "device_configurations";
        assert_eq!(all(kind, &sent), all(kind, &read));
        let other = json!({"displayName": "Ring", "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "value": "w", "omaUri": "./x"}]});
        assert_ne!(all(kind, &sent), all(kind, &other));
    }

    #[test]
    fn i05_what_is_noise_of_a_policy_is_meant_inside_of_it() {
        let with = |source: &str| {
            json!({"displayName": "Ring", "omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingString", "templateId": source, "source": source}]})
        };
        let kind = "device_configurations";
        assert_ne!(all(kind, &with("one")), all(kind, &with("other")));
    }

    #[test]
    fn i05_a_policy_of_access_is_compared_as_it_is_sent() {
        let sent = json!({
            "grantControls": {"operator": "AND", "authenticationStrength": {"id": "s-1"}},
            "sessionControls": {"disableResilienceDefaults": null},
        });
        let read = json!({
            "grantControls": {"operator": "AND", "builtInControls": [],
                "authenticationStrength@odata.context": "x",
                "authenticationStrength": {"id": "s-1", "displayName": "MFA",
                    "allowedCombinations": ["fido2"]}},
            "sessionControls": {"disableResilienceDefaults": false, "signInFrequency": null},
        });
        let kind = "conditional_access";
        assert_eq!(all(kind, &sent), all(kind, &read));
        let other = json!({
            "grantControls": {"operator": "AND", "authenticationStrength": {"id": "s-2"}},
            "sessionControls": {"disableResilienceDefaults": true},
        });
        let (sent, other) = (all(kind, &sent), all(kind, &other));
        assert!(sent.iter().zip(&other).all(|(one, other)| one != other));
    }
}
