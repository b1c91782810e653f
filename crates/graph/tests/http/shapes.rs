//! What was read, put into the form in which Graph takes it, is taken.

use graph::{Contract, Effect, GraphError, WriteError, contract};
use serde_json::{Map, Value, json};

use crate::sandbox::Tenant;

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn is_misconfigured<T>(written: Result<T, WriteError>) -> bool {
    matches!(
        written,
        Err(WriteError::NotDone(GraphError::Misconfigured { .. }))
    )
}

/// Whether an object reads back as it was sent.
fn reads_back(contract: &Contract, sent: &Map<String, Value>, read: &Map<String, Value>) {
    for name in sent.keys().filter(|name| Contract::tells_apart(name)) {
        let (sent, read) = (contract.compared(sent, name), contract.compared(read, name));
        assert_eq!(sent, read, "{name}");
    }
}

#[tokio::test]
async fn p01_a_policy_of_access_that_was_read_is_taken_again() {
    let tenant = Tenant::start().await;
    let policies = contract("conditional_access").unwrap();
    let mut read = tenant.walk(policies, None).await.remove(0);
    read.insert("templateId".to_owned(), json!("t-1"));
    let parts = [
        (
            "conditions",
            "deviceStates",
            json!({"includeStates": ["All"]}),
        ),
        (
            "grantControls",
            "authenticationStrength",
            json!({"id": "00000000-0000-0000-0000-000000000004", "displayName": "Strong",
                "allowedCombinations": ["fido2"]}),
        ),
        ("sessionControls", "disableResilienceDefaults", json!(false)),
    ];
    for (field, name, value) in parts {
        let whole = read.entry(field).or_insert(Value::Null);
        if whole.is_null() {
            *whole = json!({"operator": "OR", "builtInControls": []});
        }
        whole[name] = value;
    }
    let before = tenant.sandbox.journal().since(0).len();
    let raw = tenant.write(policies, Effect::Create { body: &read }).await;
    assert!(is_misconfigured(raw), "as it was read it is not sent");
    assert_eq!(tenant.sandbox.journal().since(0).len(), before);

    let body = policies.for_creation(&read);
    let written = tenant.write(policies, Effect::Create { body: &body }).await;
    let id = written.unwrap().id.unwrap();
    reads_back(
        policies,
        &body,
        &tenant.object(policies, &id).await.unwrap(),
    );
    let fields = policies.for_update(&read);
    let effect = Effect::Update {
        id: &id,
        fields: &fields,
    };
    tenant.write(policies, effect).await.unwrap();
    reads_back(
        policies,
        &fields,
        &tenant.object(policies, &id).await.unwrap(),
    );
}

#[tokio::test]
async fn p01_a_group_is_made_and_changed_in_what_is_documented() {
    let tenant = Tenant::start().await;
    let groups = contract("groups").unwrap();
    let body = object(json!({
        "displayName": "Pilot", "description": "", "mailEnabled": false,
        "mailNickname": "pilot", "securityEnabled": true,
    }));
    let written = tenant.write(groups, Effect::Create { body: &body }).await;
    let id = written.unwrap().id.unwrap();
    reads_back(groups, &body, &tenant.object(groups, &id).await.unwrap());
    let update = |fields: Value| object(fields);
    let fields = update(json!({"description": "First to get it"}));
    let effect = Effect::Update {
        id: &id,
        fields: &fields,
    };
    tenant.write(groups, effect).await.unwrap();
    let now = tenant.object(groups, &id).await.unwrap();
    assert_eq!(now["description"], "First to get it");
    for other in ["mailEnabled", "groupTypes", "proxyAddresses", "id"] {
        let fields = update(json!({ other: [] }));
        let effect = Effect::Update {
            id: &id,
            fields: &fields,
        };
        let sent = tenant.write(groups, effect).await;
        assert!(is_misconfigured(sent), "{other}");
    }
    // A copy of what was read is a group of its own.
    let copy = groups.for_creation(&now);
    let made = tenant.write(groups, Effect::Create { body: &copy }).await;
    assert_ne!(made.unwrap().id.unwrap(), id);
}
