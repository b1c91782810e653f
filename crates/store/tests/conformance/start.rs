//! Starting and ending runs that are allowed, and runs that nobody can make sense of.

use std::sync::Arc;

use domain::{
    operation::OperationType::InventorySync,
    reason::{ReasonCode, ReasonDetail},
    run::{DecisionPhase, RunOutcome, RunStatus},
    summary::{CountKey, SummaryCounts},
};
use store::{Failure, ItemOutcome, RunEnd, WorkedOutcome};

use crate::{
    database::Database,
    world::{World, accepted, worker},
};

pub async fn l03_an_allowed_run_starts_with_its_decision(db: Arc<Database>) {
    let world = World::new(&db).await;
    let bell = world.store.queue_bell();
    assert!(
        world
            .store
            .runs_start(worker(), 10)
            .await
            .unwrap()
            .running
            .is_empty()
    );
    let run = world.sync(&world.owner).await;
    bell.notified().await;

    // A claim that is dropped gives everything back.
    let claimed = store::conformance::claim_and_drop(&world.store, worker(), 10);
    assert_eq!(claimed.await.unwrap(), 1);

    let running = world.start_given_back().await;
    assert_eq!(running.key().run_id, run);
    assert_eq!(running.operation(), InventorySync);
    assert_eq!(running.tenant_id(), Some(world.tenant.id()));
    assert_eq!(running.connection_id(), Some(world.connection));
    let access = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.status, RunStatus::Running);
    assert!(access.run().started_at.is_some());
    let decisions = world.store.run_decisions(&access).await.unwrap();
    assert_eq!(decisions.len(), 1);
    assert!(decisions[0].allowed);
    assert_eq!(decisions[0].phase, DecisionPhase::Start);
    assert!(decisions[0].evidence.tenant_membership_version.is_some());
    assert!(decisions[0].evidence.connection_version.is_some());
    assert_eq!(world.audited("run.started", run).await, 1);
    assert_eq!(world.store.run_attempts(&access).await.unwrap().len(), 1);
    assert!(
        world
            .store
            .runs_start(worker(), 10)
            .await
            .unwrap()
            .running
            .is_empty()
    );
}

pub async fn l14_a_finished_run_tells_its_initiator_once(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let running = world.running(&operator, InventorySync).await;
    let run = running.key().run_id;
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Total, 2);
    for (position, outcome) in [(0, "running"), (0, "succeeded"), (1, "failed")] {
        let item = ItemOutcome {
            position,
            key: if position == 0 { "groups" } else { "policies" },
            label: "Item",
            outcome,
            reason_code: None,
            message: None,
            objects: Some(7),
        };
        counts.add(CountKey::Processed, 1);
        world
            .store
            .run_progress(&running, &item, &counts)
            .await
            .unwrap();
    }
    let end = RunEnd {
        outcome: WorkedOutcome::PartiallySucceeded,
        counts,
        failures: vec![Failure {
            code: "inventory.policies".to_owned(),
            reason_code: "permission_denied".to_owned(),
            message: "The application may not read policies.".to_owned(),
            stated_wait: None,
        }],
    };
    world.store.run_finish(&running, &end).await.unwrap();

    let access = world.store.run(&operator, run).await.unwrap();
    let row = access.run();
    assert_eq!(row.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(row.reason_code.as_deref(), Some("permission_denied"));
    assert_eq!(row.failures.len(), 1);
    assert_eq!(row.counts.get(CountKey::Total), Some(2));
    assert!(row.completed_at.is_some());
    let items = world.store.run_items(&access).await.unwrap();
    let outcomes: Vec<_> = items.iter().map(|i| (&*i.key, &*i.outcome)).collect();
    assert_eq!(outcomes, [("groups", "succeeded"), ("policies", "failed")]);
    let attempts = world.store.run_attempts(&access).await.unwrap();
    assert_eq!(attempts[0].ended_by.as_deref(), Some("finished"));
    assert_eq!(world.count("run_queue", run).await, 0);
    assert_eq!(world.audited("run.completed", run).await, 1);
    assert_eq!(world.count("notifications", run).await, 1);
    assert_eq!(
        world.store.notifications_unread(&operator).await.unwrap(),
        1
    );
    assert_eq!(
        world
            .store
            .notifications_unread(&world.owner)
            .await
            .unwrap(),
        0
    );
}

pub async fn an_unknown_operation_is_refused_not_lost(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.raw_run("galaxy.sync", world.owner.user_id()).await;
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert!(started.running.is_empty());
    assert_eq!(started.refused.len(), 1);
    let access = world.store.run(&world.owner, run).await.unwrap();
    assert_eq!(access.run().state.outcome, RunOutcome::Blocked);
    let code = access.run().refusal_code();
    assert_eq!(code, Some(ReasonCode::ExecutionPrerequisiteInvalid));
    let decision = world.store.run_decisions(&access).await.unwrap().remove(0);
    assert_eq!(decision.reason_detail, Some(ReasonDetail::ContextInvalid));
    access.require_view().unwrap();
}

/// Words of a newer version must not hold up the runs of everybody else.
pub async fn unknown_words_refuse_their_own_runs_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    let third = world.another_tenant("Third tenant").await;
    let odd = world.sync(&world.owner).await;
    for tenant in [&second, &third] {
        world.ask_in(&world.owner, tenant, InventorySync).await;
    }
    let (first, third) = (
        db.id(world.tenant.id().as_uuid()),
        db.id(third.id().as_uuid()),
    );
    db.raw
        .run(&format!(
            "update tenants set lifecycle = 'mothballed' where id = {first}"
        ))
        .await;
    db.raw
        .run(&format!(
            "update provider_connections set consent_status = 'pending' where tenant_id = {third}"
        ))
        .await;
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!(started.running.len(), 1);
    assert_eq!(started.running[0].tenant_id(), Some(second.id()));
    assert_eq!(started.refused.len(), 2);
    let odd = db.id(odd.as_uuid());
    let reason = db
        .raw
        .texts(&format!(
            "select reason_code from operation_runs where id = {odd}"
        ))
        .await;
    assert_eq!(reason, ["tenant_missing"]);
}

/// A context of another hand ends its own run, visibly, and no other.
pub async fn a_context_that_does_not_parse_refuses_its_own_run_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let second = world.another_tenant("Second tenant").await;
    for context in [
        "",
        "not JSON",
        "[]",
        "null",
        "{\"execution_authority_mode\": 7}",
        "{\"execution_authority_mode\": \"everybody\"}",
    ] {
        let odd = world.sync(&world.owner).await;
        let good = accepted(world.ask_in(&world.owner, &second, InventorySync).await);
        let id = db.id(odd.as_uuid());
        let sql = format!("update operation_runs set context = '{context}' where id = {id}");
        assert_eq!(db.raw.run(&sql).await, 1);
        let mut started = world.store.runs_start(worker(), 10).await.unwrap();
        assert_eq!(started.refused.len(), 1, "{context}");
        let running = started.running.remove(0);
        assert_eq!(running.key().run_id, good, "{context}");
        world.succeed(running).await;
        let access = world.store.run(&world.owner, odd).await.unwrap();
        assert_eq!(access.run().state.outcome, RunOutcome::Blocked, "{context}");
        let decision = world.store.run_decisions(&access).await.unwrap().remove(0);
        assert_eq!(decision.reason_detail, Some(ReasonDetail::ContextInvalid));
        assert_eq!(world.count("notifications", odd).await, 1);
        assert_eq!(world.count("run_queue", odd).await, 0);
    }
}
