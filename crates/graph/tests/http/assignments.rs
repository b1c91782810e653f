//! Assignments of every type that has any, read and written.

use std::collections::BTreeMap;

use graph::{
    Assigning, AssignmentSet, Contract, Effect, GraphError, WriteError, contract, contracts,
};
use serde_json::{Map, Value, json};

use crate::sandbox::Tenant;

/// What becomes of an assignment at the provider.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// All are set together.
    Together,
    /// Each is made and taken away by itself.
    OneByOne,
    /// Read, and not taken from an application.
    Refused,
}

/// Every type whose objects are assigned to somebody by themselves.
const TYPES: [(&str, Fate); 10] = [
    ("device_configurations", Fate::Together),
    ("compliance_policies", Fate::Together),
    ("settings_catalog", Fate::Together),
    ("enrollment_configurations", Fate::Refused),
    ("powershell_scripts", Fate::Together),
    ("shell_scripts", Fate::Together),
    ("health_scripts", Fate::Together),
    ("scope_tags", Fate::Together),
    ("app_protection", Fate::Together),
    ("autopilot_profiles", Fate::OneByOne),
];

fn assigning(contract: &Contract) -> Option<Assigning> {
    contract.writing?.assign.known()?
}

fn group(number: u8) -> Value {
    let id = format!("00000000-0000-0000-0000-0000000000{number:02}");
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
}

fn filtered(number: u8) -> Value {
    let mut one = group(number);
    let id = "00000000-0000-0000-0000-00000000f117";
    one["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(id);
    one["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    one
}

fn excluded(number: u8) -> Value {
    let mut one = group(number);
    one["target"]["@odata.type"] = json!("#microsoft.graph.exclusionGroupAssignmentTarget");
    one
}

fn set(all: &[Value]) -> AssignmentSet {
    AssignmentSet::of(all.iter().filter_map(Value::as_object))
}

/// An object of each address that the type has.
async fn objects(tenant: &Tenant, contract: &'static Contract) -> Vec<Map<String, Value>> {
    let mut found = BTreeMap::new();
    for object in tenant.walk(contract, None).await {
        let is_own = object.get("isBuiltIn") != Some(&json!(true));
        let is_default = object.get("priority") == Some(&json!(0));
        let own_type = object.get("@odata.type").and_then(Value::as_str);
        let own_type = own_type.filter(|_| contract.is_addressed_by_type());
        if is_own && !is_default {
            found.entry(own_type.map(str::to_owned)).or_insert(object);
        }
    }
    found.into_values().collect()
}

async fn set_together(tenant: &Tenant, contract: &'static Contract, object: (&str, Option<&str>)) {
    let (id, odata_type) = object;
    for all in [
        vec![filtered(1)],
        vec![group(1), group(2), excluded(3)],
        (10..70).map(group).collect(),
        Vec::new(),
    ] {
        let effect = Effect::Assign {
            id,
            odata_type,
            assignments: &all,
        };
        let written = tenant.write(contract, effect).await;
        assert!(written.is_ok(), "{}: {written:?}", contract.key);
        let now = tenant.assigned(contract, object).await;
        assert_eq!(now, set(&all), "{}", contract.key);
    }
}

async fn set_one_by_one(
    tenant: &Tenant,
    contract: &'static Contract,
    object: (&str, Option<&str>),
) {
    let (id, odata_type) = object;
    let before = tenant.assigned(contract, object).await;
    let made = [filtered(1), group(2)];
    for one in &made {
        let effect = Effect::Assign {
            id,
            odata_type,
            assignments: std::slice::from_ref(one),
        };
        tenant.write(contract, effect).await.unwrap();
    }
    let now = tenant.assigned(contract, object).await;
    let all = set(&made);
    let texts = || before.texts().chain(all.texts());
    assert!(texts().all(|one| now.texts().any(|other| other == one)));
    assert_eq!(now.texts().count(), texts().count());
    // Both at once are refused before anything is sent.
    let both = Effect::Assign {
        id,
        odata_type,
        assignments: &made,
    };
    assert!(is_misconfigured(tenant.write(contract, both).await));
    for one in tenant.assignments(contract, object).await {
        if all.texts().any(|text| set_of_one(&one) == text) {
            let assignment = one.get("id").and_then(Value::as_str).unwrap();
            let effect = Effect::Unassign { id, assignment };
            tenant.write(contract, effect).await.unwrap();
        }
    }
    assert_eq!(tenant.assigned(contract, object).await, before);
}

fn set_of_one(assignment: &Map<String, Value>) -> String {
    let set = AssignmentSet::of([assignment]);
    set.texts().next().unwrap_or_default().to_owned()
}

fn is_misconfigured<T>(written: Result<T, WriteError>) -> bool {
    matches!(
        written,
        Err(WriteError::NotDone(GraphError::Misconfigured { .. }))
    )
}

#[tokio::test]
async fn p01_assignments_of_every_type_that_has_any_are_read_and_written() {
    let tenant = Tenant::start().await;
    let assigned = contracts().filter(|contract| {
        let how = assigning(contract);
        how.is_some_and(|how| !matches!(how, Assigning::InObject(_)))
    });
    let known: Vec<_> = assigned.map(|contract| contract.key).collect();
    assert_eq!(known, TYPES.each_ref().map(|(key, _)| *key));
    for (key, fate) in TYPES {
        let contract = contract(key).unwrap();
        let objects = objects(&tenant, contract).await;
        let addresses = if key == "app_protection" { 2 } else { 1 };
        assert_eq!(objects.len(), addresses, "{key}");
        for object in &objects {
            let text = |name: &str| object.get(name).and_then(Value::as_str);
            let object = (text("id").unwrap(), text("@odata.type"));
            let before = tenant.assigned(contract, object).await;
            match fate {
                Fate::Together => set_together(&tenant, contract, object).await,
                Fate::OneByOne => set_one_by_one(&tenant, contract, object).await,
                Fate::Refused => {
                    let effect = Effect::Assign {
                        id: object.0,
                        odata_type: object.1,
                        assignments: &[group(1)],
                    };
                    let refused = tenant.write(contract, effect).await;
                    assert!(
                        matches!(
                            refused,
                            Err(WriteError::NotDone(GraphError::PermissionDenied { .. }))
                        ),
                        "{refused:?}"
                    );
                    assert_eq!(tenant.assigned(contract, object).await, before);
                }
            }
        }
    }
}

#[tokio::test]
async fn p01_an_object_whose_address_its_type_decides_has_none_without_it() {
    let tenant = Tenant::start().await;
    let apps = contract("app_protection").unwrap();
    let sent = tenant.sandbox.journal().since(0).len();
    for odata_type in [None, Some("#microsoft.graph.defaultManagedAppProtection")] {
        let effect = Effect::Assign {
            id: "a-1",
            odata_type,
            assignments: &[],
        };
        assert!(is_misconfigured(tenant.write(apps, effect).await));
        let object = ("a-1", odata_type);
        let part = graph::PageCursor::part(&tenant.connection, apps, object, "assignments");
        assert!(part.is_err(), "{odata_type:?}");
    }
    // One that is replaced with the others is not taken away by itself, and no id is a way up.
    let (profiles, scripts) = ("autopilot_profiles", "powershell_scripts");
    for (kind, assignment) in [(profiles, ""), (profiles, ".."), (scripts, "a")] {
        let id = "a-1";
        let effect = Effect::Unassign { id, assignment };
        let written = tenant.write(contract(kind).unwrap(), effect).await;
        assert!(is_misconfigured(written), "{kind} {assignment}");
    }
    assert_eq!(tenant.sandbox.journal().since(0).len(), sent);
}
