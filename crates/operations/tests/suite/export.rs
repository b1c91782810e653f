//! A run as JSON: its context with the decision as `execution_legitimacy` (L-12, L-16).

use std::sync::Arc;

use domain::run::RunOutcome;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::{
    play::on_both,
    world::{CHECK, SYNC, World},
};

on_both! {
    l12_the_context_as_exported_holds_the_decision,
    l12_an_export_shows_every_attempt_and_no_secret,
}

const SCHEMA: &str = include_str!(
    "../../../../specs/149-queued-execution-legitimacy/contracts/legitimacy-decision.schema.json"
);

fn schema() -> Validator {
    let schema = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

async fn exported(world: &World, run: domain::ids::RunId) -> Value {
    let run = run.to_string();
    let export = world.services.run_export(&world.owner, &run);
    serde_json::to_value(export.await.unwrap()).unwrap()
}

/// Every decision of an export is as published, and the newest one stands in the context.
fn assert_published(export: &Value) {
    let schema = schema();
    let decisions = export["decisions"].as_array().unwrap();
    for decision in decisions {
        let errors: Vec<_> = schema.iter_errors(decision).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let newest = decisions.last().cloned().unwrap_or(Value::Null);
    assert_eq!(export["context"]["execution_legitimacy"], newest);
}

async fn l12_the_context_as_exported_holds_the_decision(world: Arc<World>) {
    let queued = world.ask(&world.owner, 0, CHECK).await;
    let export = exported(&world, queued).await;
    assert_published(&export);
    assert_eq!(export["status"], "queued");
    let context = &export["context"];
    assert_eq!(context["execution_authority_mode"], "actor_bound");
    assert_eq!(context["required_capability"], "providers.run_ops");
    assert_eq!(context["execution_legitimacy"], Value::Null, "none yet");

    world.pool().drain().await.unwrap();
    let export = exported(&world, queued).await;
    assert_published(&export);
    let decision = &export["context"]["execution_legitimacy"];
    assert_eq!(decision["allowed"], true);
    assert_eq!(
        (&export["id"], &export["outcome"]),
        (&json!(queued), &json!("succeeded"))
    );

    let tenant = world.sites[0].id();
    let services = &world.services;
    services
        .connection_disable(&world.owner, &tenant)
        .await
        .unwrap();
    let refused = services.start(&world.owner, &tenant, SYNC).await.unwrap();
    let export = exported(&world, refused.run_id).await;
    assert_published(&export);
    let decision = &export["context"]["execution_legitimacy"];
    assert_eq!(decision["allowed"], false);
    assert_eq!(decision["phase"], "request");
    assert_eq!(decision["reason_code"], export["reason_code"]);
    assert_eq!(export["reason_code"], "provider_connection_invalid");
}

async fn l12_an_export_shows_every_attempt_and_no_secret(world: Arc<World>) {
    let store = world.services.store();
    let run = world.ask(&world.owner, 0, SYNC).await;
    let silent = domain::ids::WorkerId::from_uuid(uuid::Uuid::now_v7());
    store.runs_start(silent, 1).await.unwrap();
    store.runs_hand_back(silent).await.unwrap();
    world.pool().drain().await.unwrap();
    assert_eq!(world.view(run).await.state.outcome, RunOutcome::Succeeded);
    let export = exported(&world, run).await;
    assert_published(&export);
    let phases: Vec<_> = export["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| (&decision["attempt"], &decision["phase"]))
        .collect();
    assert_eq!(
        phases,
        [(&json!(1), &json!("start")), (&json!(2), &json!("rescue"))]
    );
    let text = export.to_string();
    assert!(!text.contains(&world.sites[0].seed.client_secret));
}
