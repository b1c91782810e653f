//! The settings of a catalog policy: what was asked for and what is read back are compared by what they set.

use std::fmt;

use serde_json::{Map, Value};

use crate::sorted::sorted;

/// The settings of one policy; their order and numbers, and what means nothing, are left out.
///
/// Two are equal when the same settings have the same values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingSet(Vec<String>);

impl SettingSet {
    /// The name of the collection of a policy's settings, and of the field in which they are sent.
    pub const NAME: &str = "settings";

    /// The set that these make, as they were read or are to be sent.
    pub fn of<'a>(settings: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut texts: Vec<_> = settings.into_iter().map(told_apart).collect();
        texts.sort_unstable();
        Self(texts)
    }
}

impl fmt::Display for SettingSet {
    /// A text by which it is told from other sets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.join(","))
    }
}

fn told_apart(setting: &Value) -> String {
    let mut setting = setting.clone();
    if let Some(fields) = setting.as_object_mut() {
        // The provider numbers them as it sends them.
        fields.remove("id");
    }
    sorted(&plain(&setting)).to_string()
}

/// A value without nulls, empty lists and annotations but the type: they come back where none was sent.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(name, value)| {
                let is_annotation = name.contains("@odata.") && name != "@odata.type";
                let value = plain(value);
                let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                (!is_annotation && !is_nothing).then(|| (name.clone(), value))
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(settings: &Value) -> SettingSet {
        SettingSet::of(settings.as_array().unwrap())
    }

    fn setting(name: &str, value: &str) -> Value {
        json!({"settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": name,
            "choiceSettingValue": {"value": value},
        }})
    }

    #[test]
    fn i05_settings_are_compared_by_what_they_set() {
        let sent = set(&json!([setting("a", "1"), setting("b", "2")]));
        let mut first = setting("b", "2");
        first["id"] = json!("0");
        first["settingInstance"]["settingInstanceTemplateReference"] = Value::Null;
        first["settingInstance"]["choiceSettingValue"]["children"] = json!([]);
        let mut second = setting("a", "1");
        second["id"] = json!("1");
        second["@odata.context"] = json!("somewhere");
        let read = set(&json!([first, second]));
        assert_eq!(read, sent);
        assert_eq!(read.to_string(), sent.to_string());
    }

    #[test]
    fn i05_another_value_or_another_number_of_settings_is_another_set() {
        let one = set(&json!([setting("a", "1")]));
        let others = [
            json!([]),
            json!([setting("a", "2")]),
            json!([setting("b", "1")]),
            json!([setting("a", "1"), setting("a", "1")]),
        ];
        for other in others {
            assert_ne!(set(&other), one, "{other}");
            assert_ne!(set(&other).to_string(), one.to_string(), "{other}");
        }
    }
}
