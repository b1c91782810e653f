//! Assignments as a set: what was asked for and what is read back are compared by whom they mean.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::sorted::sorted;

/// What an assignment may say beside its target. `intent` is not among them: it comes back where none was sent.
const BESIDE: [&str; 2] = ["runSchedule", "runRemediationScript"];
const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";

/// The assignments of one object; order, ids and what the provider adds by itself are left out.
///
/// Two sets are equal when the same groups, devices and users are meant in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentSet(BTreeSet<String>);

impl AssignmentSet {
    /// The set that these make, as they were read or are to be sent.
    ///
    /// What came with a policy set is not the object's own, and is neither sent nor replaced.
    pub fn of<'a>(assignments: impl IntoIterator<Item = &'a Map<String, Value>>) -> Self {
        let own = assignments.into_iter().filter(|assignment| {
            let source = assignment.get("source").and_then(Value::as_str);
            source.is_none_or(|source| source == "direct")
        });
        Self(own.map(told_apart).collect())
    }

    /// Each as a text by which it is told from others, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

fn told_apart(assignment: &Map<String, Value>) -> String {
    let mut kept = Map::new();
    let target = assignment.get("target").and_then(Value::as_object);
    let target = target.map_or(Value::Null, |target| Value::Object(plain(target)));
    kept.insert("target".to_owned(), target);
    for name in BESIDE {
        if let Some(value) = assignment.get(name).filter(|value| !value.is_null()) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    sorted(&Value::Object(kept)).to_string()
}

/// A target without what means nothing: nulls, annotations, and a filter that is none.
fn plain(target: &Map<String, Value>) -> Map<String, Value> {
    let has_filter = target
        .get(FILTER_TYPE)
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "none");
    let means_something = |name: &str, value: &Value| {
        let is_filter = name == FILTER_ID || name == FILTER_TYPE;
        let is_annotation = name.contains("@odata.") && name != "@odata.type";
        !value.is_null() && !is_annotation && (has_filter || !is_filter)
    };
    let kept = target
        .iter()
        .filter(|(name, value)| means_something(name, value));
    kept.map(|(name, value)| (name.clone(), as_written(name, value)))
        .collect()
}

/// Ids are the same in either case.
fn as_written(name: &str, value: &Value) -> Value {
    match value {
        Value::String(id) if name.ends_with("Id") => Value::String(id.to_ascii_lowercase()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(assignments: Value) -> AssignmentSet {
        let all = assignments.as_array().unwrap();
        AssignmentSet::of(all.iter().map(|one| one.as_object().unwrap()))
    }

    fn group(id: &str) -> Value {
        json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
    }

    #[test]
    fn i05_assignments_are_compared_as_sets_of_whom_they_mean() {
        let sent = set(json!([group("A-1"), group("b-2")]));
        let read = json!([
            {"id": "x_b-2", "source": "direct", "sourceId": "x", "intent": "apply",
             "@odata.type": "#microsoft.graph.deviceConfigurationAssignment",
             "target": {"groupId": "b-2", "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                "deviceAndAppManagementAssignmentFilterId": null,
                "deviceAndAppManagementAssignmentFilterType": "none"}},
            {"id": "x_a-1", "target": {"groupId": "a-1",
                "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                "deviceAndAppManagementAssignmentFilterId": "00000000-0000-0000-0000-000000000000",
                "deviceAndAppManagementAssignmentFilterType": "none"}},
            {"source": "policySets", "target": group("c-3")["target"]},
        ]);
        assert_eq!(set(read), sent);
        assert_eq!(sent.texts().count(), 2);
        assert_eq!(set(json!([])), AssignmentSet::default());
    }

    #[test]
    fn i05_whom_else_or_how_else_is_another_set() {
        let plain = set(json!([group("a")]));
        let mut filtered = group("a");
        filtered["target"][FILTER_ID] = json!("f");
        filtered["target"][FILTER_TYPE] = json!("include");
        let mut excluded = group("a");
        excluded["target"]["@odata.type"] =
            json!("#microsoft.graph.exclusionGroupAssignmentTarget");
        let mut remediating = group("a");
        remediating["runRemediationScript"] = json!(true);
        let mut otherwise = filtered.clone();
        otherwise["target"][FILTER_TYPE] = json!("exclude");
        let others = [
            json!([]),
            json!([group("a"), group("b")]),
            json!([filtered]),
            json!([excluded]),
            json!([remediating]),
            json!([otherwise]),
            json!([{}]),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(set(other.clone()), plain, "{other}");
            for later in others.iter().skip(at + 1) {
                assert_ne!(
                    set(later.clone()),
                    set(other.clone()),
                    "{later} and {other}"
                );
            }
        }
    }
}
