//! L-16: the published JSON Schema, its words, and real decisions against it.

use std::sync::LazyLock;

use domain::{
    capability::Capability,
    decision::{CheckResult, IdentityType, LegitimacyDecision},
    lifecycle::TenantLifecycle,
    reason::{DenialClass, ReasonCode, ReasonDetail},
    run::{AuthorityMode, DecisionPhase},
};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{
    facts::{decision, sync_by_person, sync_by_system, with},
    matrix::cells,
};

const SCHEMA: &str = include_str!(
    "../../../../specs/149-queued-execution-legitimacy/contracts/legitimacy-decision.schema.json"
);

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema())
        .expect("the schema is one")
});

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

fn wire(decision: &LegitimacyDecision) -> Value {
    serde_json::to_value(decision).expect("a decision is JSON")
}

/// Fails with every error when a decision is not as published.
pub fn assert_valid(decision: &LegitimacyDecision) {
    let decision = wire(decision);
    let errors: Vec<_> = VALIDATOR
        .iter_errors(&decision)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?} in {decision:#}");
}

#[test]
fn l16_the_schema_is_valid_by_its_own_draft() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
}

#[test]
fn l16_every_decision_of_the_matrix_is_valid_by_the_schema() {
    let mut count = 0;
    for (_, _, decision) in cells() {
        assert_valid(&decision);
        count += 1;
    }
    assert!(count > 100);
}

/// A schema definition's name with the words of the enum it publishes.
macro_rules! published {
    ($($name:literal => $type:ty),+ $(,)?) => {
        [$(($name, <$type>::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>())),+]
    };
}

#[test]
fn l16_the_schema_lists_the_words_of_the_code() {
    let schema = schema();
    let words = published! {
        "authority_mode" => AuthorityMode,
        "reason_code" => ReasonCode,
        "reason_detail" => ReasonDetail,
        "denial_class" => DenialClass,
        "identity_type" => IdentityType,
        "check_result" => CheckResult,
        "phase" => DecisionPhase,
        "tenant_lifecycle" => TenantLifecycle,
    };
    for (name, words) in words {
        assert_eq!(schema["$defs"][name]["enum"], json!(words), "{name}");
    }
}

#[test]
fn l16_every_object_lists_its_fields_and_takes_no_others() {
    let schema = schema();
    let decision = wire(&decision(&sync_by_person()));
    let objects = [
        (&schema, &decision),
        (&schema["$defs"]["initiator"], &decision["initiator"]),
        (&schema["$defs"]["target_scope"], &decision["target_scope"]),
        (&schema["$defs"]["checks"], &decision["checks"]),
        (&schema["$defs"]["evidence"], &decision["evidence"]),
    ];
    for (schema, value) in objects {
        assert_eq!(schema["additionalProperties"], json!(false));
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let keys = |value: &Value| {
            let object = value.as_object().expect("an object");
            sorted(object.keys().cloned().collect())
        };
        let required: Vec<String> =
            serde_json::from_value(schema["required"].clone()).expect("a list of names");
        assert_eq!(keys(&schema["properties"]), keys(value));
        assert_eq!(sorted(required), keys(value));
    }
}

#[test]
fn l16_a_code_goes_with_its_class_and_the_class_with_retryability() {
    let refused = wire(&decision(&with(sync_by_person(), |facts| {
        facts.actor = None
    })));
    for code in ReasonCode::ALL {
        let detail = match code {
            ReasonCode::ProviderConnectionInvalid => json!("provider_not_verified"),
            ReasonCode::ExecutionPrerequisiteInvalid => json!("context_invalid"),
            _ => Value::Null,
        };
        for class in DenialClass::ALL {
            for retryable in [true, false] {
                let mut told = refused.clone();
                told["reason_code"] = json!(code);
                told["reason_detail"] = detail.clone();
                told["denial_class"] = json!(class);
                told["retryable"] = json!(retryable);
                let right = code.class() == *class && class.is_retryable() == retryable;
                assert_eq!(
                    VALIDATOR.is_valid(&told),
                    right,
                    "{code} {class} {retryable}"
                );
            }
        }
    }
}

#[test]
fn l16_every_capability_can_be_told() {
    let mut told = wire(&decision(&sync_by_person()));
    for capability in Capability::ALL {
        told["required_capability"] = json!(capability.as_str());
        assert!(VALIDATOR.is_valid(&told), "{capability}");
    }
}

#[test]
fn l16_a_decision_that_contradicts_itself_is_refused() {
    let allowed = wire(&decision(&sync_by_person()));
    let refused = wire(&decision(&with(sync_by_person(), |facts| {
        facts.tenant = None
    })));
    let system = wire(&decision(&sync_by_system()));
    let wrong: [(&Value, &str, Value); 15] = [
        (&allowed, "/allowed", json!(false)),
        (&allowed, "/retryable", json!(true)),
        (&allowed, "/reason_code", json!("tenant_missing")),
        (&allowed, "/checks/capability", json!("failed")),
        (&allowed, "/checks/capability", json!("maybe")),
        (&allowed, "/initiator/identity_type", json!("system")),
        (&allowed, "/initiator/user_id", json!("somebody")),
        (&allowed, "/target_scope/workspace_id", Value::Null),
        (&allowed, "/attempt", json!(0)),
        (&allowed, "/decided_at", json!("2026-11-21T03:29:12Z")),
        (&allowed, "/phase", json!("later")),
        (&refused, "/allowed", json!(true)),
        (&refused, "/reason_code", Value::Null),
        (&refused, "/reason_detail", json!("context_invalid")),
        (&system, "/required_capability", json!("inventory.sync")),
    ];
    for (decision, path, value) in wrong {
        let mut told = decision.clone();
        *told.pointer_mut(path).expect("a field of the decision") = value;
        assert!(!VALIDATOR.is_valid(&told), "{path}: {told:#}");
    }
    let mut more = allowed;
    more["note"] = json!("more than was agreed");
    assert!(!VALIDATOR.is_valid(&more));
}
