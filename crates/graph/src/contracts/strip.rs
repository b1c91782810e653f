//! What was read and is not sent back.

use serde_json::{Map, Value};

use super::{Contract, Reshape, UpdateVerb, access};

/// No type takes these back, neither at the top nor in the objects inside.
const ALWAYS: [&str; 8] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    // True in a creation is answered with 400.
    "supportsScopeTags",
    "isAssigned",
    "assignments",
];

impl Contract {
    /// What of an object that was read may be sent back to create one like it.
    pub fn for_creation(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let odata_type = object.get("@odata.type").and_then(Value::as_str);
        let own = odata_type
            .and_then(|own_type| self.variant(own_type))
            .map_or(&[][..], |variant| variant.strip);
        let mut kept: Map<_, _> = object
            .iter()
            .filter(|(name, _)| {
                let name = name.as_str();
                is_taken_back(name) && !self.strip.contains(&name) && !own.contains(&name)
            })
            .map(|(name, value)| (name.clone(), self.stripped(value)))
            .collect();
        self.reshape(&mut kept);
        kept
    }

    /// What of an object that was read may be sent back to change one into it.
    pub fn for_update(&self, object: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = self.for_creation(object);
        kept.retain(|field, _| self.may_change(field));
        kept
    }

    /// Puts what is sent otherwise than it is read into the form in which it is sent.
    pub(super) fn reshape(&self, object: &mut Map<String, Value>) {
        match self.reshape {
            Some(Reshape::AccessPolicy) => access::reshape(object),
            None => {}
        }
    }

    /// The objects inside that have a type of their own lose the same.
    fn stripped(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) => {
                let typed = object.contains_key("@odata.type");
                let kept = object.iter().filter(|(name, _)| {
                    let annotation = name.contains("@odata.") && *name != "@odata.type";
                    let is_ours = is_taken_back(name) && !self.strip.contains(&name.as_str());
                    !annotation && (!typed || is_ours)
                });
                let kept = kept.map(|(name, inner)| (name.clone(), self.stripped(inner)));
                Value::Object(kept.collect())
            }
            Value::Array(items) => items.iter().map(|item| self.stripped(item)).collect(),
            other => other.clone(),
        }
    }

    /// Whether nothing in a body is in a form that Graph answers and does not take.
    pub(crate) fn is_taken(&self, body: &Map<String, Value>) -> bool {
        let mut sent = body.clone();
        self.reshape(&mut sent);
        sent == *body
    }

    /// Whether an update may hold this field.
    pub fn may_change(&self, field: &str) -> bool {
        let Some(writing) = self.writing else {
            return false;
        };
        // A `PUT` replaces the object: what stays the same is sent too.
        let is_fixed = writing.fixed.contains(&field)
            && writing
                .update
                .known()
                .is_none_or(|update| update.verb != UpdateVerb::Put);
        let is_listed = writing.changes.is_none_or(|known| known.contains(&field));
        is_taken_back(field) && is_listed && !is_fixed && !self.strip.contains(&field)
    }
}

pub(super) fn is_taken_back(name: &str) -> bool {
    let annotation = name.contains("@odata.") && name != "@odata.type";
    !annotation && !name.starts_with("#microsoft.graph.") && !ALWAYS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use serde_json::json;

    #[test]
    fn p01_what_graph_does_not_take_back_is_not_sent() {
        let ring = json!({
            "@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
            "@odata.context": "x", "id": "1", "version": 3, "displayName": "Ring",
            "supportsScopeTags": true, "featureUpdatesPauseStartDate": "x",
            "assignments@odata.context": "x", "assignments": [1],
            "#microsoft.graph.assign": {}, "roleScopeTagIds": ["0"],
            "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "id": "2",
                "value": "v", "value@odata.type": "x",
                "isEncrypted": true, "secretReferenceValueId": "s"}],
            "plain": {"id": "kept"},
        });
        let contract = contract("device_configurations").unwrap();
        let sent = contract.for_creation(ring.as_object().unwrap());
        let expected = json!({
            "@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
            "displayName": "Ring", "roleScopeTagIds": ["0"],
            "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "value": "v"}],
            "plain": {"id": "kept"},
        });
        assert_eq!(serde_json::Value::Object(sent), expected);
    }

    #[test]
    fn p01_fields_that_may_not_change_are_known() {
        let may = |key: &str, field: &str| contract(key).unwrap().may_change(field);
        assert!(may("device_configurations", "description"));
        assert!(may("device_configurations", "@odata.type"));
        assert!(!may("device_configurations", "id"));
        assert!(!may("assignment_filters", "platform"));
        assert!(!may("assignment_filters", "payloads"));
        assert!(!may("compliance_policies", "scheduledActionsForRule"));
        assert!(
            may("settings_catalog", "platforms"),
            "a PUT sends the whole"
        );
        assert!(!may("managed_devices", "deviceName"), "only read");
        assert!(may("groups", "description"));
        assert!(!may("groups", "mailEnabled"), "set once");
        assert!(!may("groups", "proxyAddresses"), "only what is documented");
        assert!(!may("conditional_access", "templateId"));
    }

    #[test]
    fn p01_a_policy_of_access_is_sent_in_the_form_that_is_taken() {
        let read = json!({
            "id": "p-1", "templateId": "t-1", "displayName": "MFA", "state": "enabled",
            "createdDateTime": "x", "modifiedDateTime": "x",
            "conditions": {"users": {"includeUsers": ["All"]}, "deviceStates": {"x": 1}},
            "grantControls": {"operator": "OR", "builtInControls": [],
                "authenticationStrength@odata.context": "x",
                "authenticationStrength": {"id": "s-1", "displayName": "Strong",
                    "createdDateTime": "x", "allowedCombinations": ["fido2"]}},
            "sessionControls": {"disableResilienceDefaults": false, "signInFrequency": null},
        });
        let contract = contract("conditional_access").unwrap();
        let read = read.as_object().unwrap();
        let expected = json!({
            "displayName": "MFA", "state": "enabled",
            "conditions": {"users": {"includeUsers": ["All"]}},
            "grantControls": {"operator": "AND", "builtInControls": [],
                "authenticationStrength": {"id": "s-1"}},
            "sessionControls": {"disableResilienceDefaults": null, "signInFrequency": null},
        });
        let sent = contract.for_creation(read);
        assert_eq!(serde_json::Value::Object(sent.clone()), expected);
        assert_eq!(contract.for_update(read), sent);
        assert!(contract.is_taken(&sent) && !contract.is_taken(read));
        // What has none of it stays as it is.
        let plain = json!({"displayName": "x", "conditions": {"users": {}},
            "grantControls": {"operator": "OR", "authenticationStrength": null},
            "sessionControls": {"disableResilienceDefaults": true}});
        assert!(contract.is_taken(plain.as_object().unwrap()));
    }
}
