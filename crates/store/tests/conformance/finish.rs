//! Ends of runs that are written in one transaction.

use std::sync::Arc;

use domain::{
    operation::OperationType::InventorySync,
    run::RunOutcome,
    summary::{CountKey, SummaryCounts},
};
use policy::Running;
use store::{Ending, Failure, RunEnd, StoreError, WorkedOutcome, conformance::refuse_success};

use crate::{
    database::Database,
    world::{World, accepted, end, worker},
};

/// Runs of tenants of their own, running.
async fn running(world: &World, count: usize) -> Vec<Running> {
    accepted(world.ask(&world.owner, InventorySync).await);
    for n in 1..count {
        let tenant = world.another_tenant(&format!("Tenant {n}")).await;
        accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    }
    let started = world.store.runs_start(worker(), 100).await.unwrap();
    assert_eq!(started.running.len(), count);
    started.running
}

async fn outcome(world: &World, running: &Running) -> RunOutcome {
    let run = world.store.run(&world.owner, running.key().run_id).await;
    run.unwrap().run().state.outcome
}

pub async fn l14_a_group_of_ends_writes_one_entry_and_one_notice_each(db: Arc<Database>) {
    let world = World::new(&db).await;
    let runs = running(&world, 3).await;
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Total, 4);
    let failed = RunEnd {
        outcome: WorkedOutcome::Failed,
        counts,
        failures: vec![Failure {
            code: "inventory.policies".to_owned(),
            reason_code: "permission_denied".to_owned(),
            message: "The application may not read \"policies\".".to_owned(),
            stated_wait: None,
        }],
    };
    let good = end(WorkedOutcome::Succeeded);
    let group = [(&runs[0], &good), (&runs[1], &failed), (&runs[2], &good)];
    let endings = world.store.runs_finish(&group).await.unwrap();
    assert_eq!(endings, [Ending::Written; 3]);
    for (running, wanted) in runs.iter().zip([
        RunOutcome::Succeeded,
        RunOutcome::Failed,
        RunOutcome::Succeeded,
    ]) {
        let run = running.key().run_id;
        assert_eq!(outcome(&world, running).await, wanted);
        assert_eq!(world.count("run_queue", run).await, 0);
        assert_eq!(world.audited("run.completed", run).await, 1);
        assert_eq!(world.count("notifications", run).await, 1);
    }
    let run = world.store.run(&world.owner, runs[1].key().run_id).await;
    let run = run.unwrap().run().clone();
    assert_eq!(run.failures, failed.failures);
    assert_eq!(run.counts, failed.counts);
    assert_eq!(run.reason_code.as_deref(), Some("permission_denied"));
    // Asked again, as after an answer that was lost: nothing is said twice.
    let again = world.store.runs_finish(&group).await.unwrap();
    assert_eq!(again, [Ending::LeaseLost; 3]);
    assert_eq!(world.audited("run.completed", run.id).await, 1);
    assert!(world.store.runs_finish(&[]).await.unwrap().is_empty());
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

pub async fn l08_a_lost_lease_in_a_group_is_its_own_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let runs = running(&world, 3).await;
    let lost = runs[1].key().run_id;
    world.expire(lost).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    let good = end(WorkedOutcome::Succeeded);
    let group = [
        (&runs[0], &good),
        (&runs[1], &good),
        (&runs[2], &good),
        // The same attempt twice in a group ends once.
        (&runs[2], &good),
    ];
    let endings = world.store.runs_finish(&group).await.unwrap();
    let (written, left) = (Ending::Written, Ending::LeaseLost);
    assert_eq!(endings, [written, left, written, left]);
    assert_eq!(outcome(&world, &runs[0]).await, RunOutcome::Succeeded);
    assert_eq!(outcome(&world, &runs[1]).await, RunOutcome::Pending);
    assert_eq!(world.count("run_queue", lost).await, 1);
    assert_eq!(world.audited("run.completed", lost).await, 0);
    assert_eq!(world.count("notifications", lost).await, 0);
    // The new attempt ends in its turn.
    world.succeed(world.start_one().await).await;
    assert_eq!(world.count("notifications", lost).await, 1);
}

pub async fn a_group_with_an_end_that_is_refused_writes_none(db: Arc<Database>) {
    let world = World::new(&db).await;
    let runs = running(&world, 2).await;
    refuse_success(&world.store, runs[1].key().run_id)
        .await
        .unwrap();
    let good = end(WorkedOutcome::Succeeded);
    let group = [(&runs[0], &good), (&runs[1], &good)];
    let refused = world.store.runs_finish(&group).await;
    assert!(matches!(refused, Err(StoreError::Database(_))));
    for running in &runs {
        assert_eq!(outcome(&world, running).await, RunOutcome::Pending);
        assert_eq!(world.count("run_queue", running.key().run_id).await, 1);
    }
    // Alone, each has its own fate.
    world.store.run_finish(&runs[0], &good).await.unwrap();
    let bad = end(WorkedOutcome::Failed);
    world.store.run_finish(&runs[1], &bad).await.unwrap();
    assert_eq!(outcome(&world, &runs[0]).await, RunOutcome::Succeeded);
    assert_eq!(outcome(&world, &runs[1]).await, RunOutcome::Failed);
}
