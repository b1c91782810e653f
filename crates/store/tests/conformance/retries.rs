//! Tries by itself after a failure that passes.

use std::sync::Arc;

use domain::{
    capability::Role,
    operation::OperationType::InventorySync,
    retry::{Chance, RetryPolicy},
    run::{DecisionPhase, RunOutcome, RunStatus},
    summary::{CountKey, SummaryCounts},
    time::{MINUTE, SECOND},
};
use policy::Running;
use store::{Again, Cancel, Failure, ItemOutcome, Retrying, RunEnd, RunRow, WorkedOutcome};

use crate::{
    database::Database,
    invariants::open_the_wall,
    world::{World, accepted, worker},
};

static POLICY: RetryPolicy = RetryPolicy {
    tries: 3,
    base: 10 * SECOND,
    cap: MINUTE,
};

fn again() -> Again {
    Again {
        policy: POLICY,
        chance: Chance(1 << 31),
        stated_wait: None,
    }
}

fn throttled() -> RunEnd {
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Processed, 2);
    RunEnd {
        outcome: WorkedOutcome::Failed,
        counts,
        failures: vec![Failure {
            code: "inventory.groups".to_owned(),
            reason_code: "provider_throttled".to_owned(),
            message: "the provider asks to wait 7 s".to_owned(),
            stated_wait: None,
        }],
    }
}

async fn retry(world: &World, running: &Running, again: Again) -> Retrying {
    let end = throttled();
    let answers = world.store.runs_retry(&[(running, &end, again)]).await;
    answers.unwrap().remove(0)
}

pub async fn row(world: &World, run: domain::ids::RunId) -> RunRow {
    let access = world.store.run(&world.owner, run).await.unwrap();
    access.run().clone()
}

pub async fn queue(world: &World, run: domain::ids::RunId, column: &str) -> i64 {
    let run = world.db.id(run.as_uuid());
    let sql = format!("select {column} from run_queue where run_id = {run}");
    world.db.raw.int(&sql).await.unwrap()
}

/// Lets the pause before the next try be over.
pub async fn wait_out(world: &World, run: domain::ids::RunId) {
    let run = world.db.id(run.as_uuid());
    let sql = format!("update run_queue set available_at = 1 where run_id = {run}");
    assert_eq!(world.db.raw.run(&sql).await, 1);
}

pub async fn item_done(world: &World, running: &Running) {
    let item = ItemOutcome {
        position: 0,
        key: "groups",
        label: "Groups",
        outcome: "succeeded",
        reason_code: None,
        message: None,
        objects: Some(5),
    };
    let mut counts = SummaryCounts::default();
    counts.set(CountKey::Processed, 1);
    world
        .store
        .run_progress(running, &item, &counts)
        .await
        .unwrap();
}

pub async fn l08_a_failure_that_passes_is_tried_again_and_decided_again(db: Arc<Database>) {
    let world = World::new(&db).await;
    let first = world.running(&world.owner, InventorySync).await;
    let run = first.key().run_id;
    item_done(&world, &first).await;
    let before = world.store.now().await.unwrap();
    assert_eq!(retry(&world, &first, again()).await, Retrying::Scheduled);

    let waiting = row(&world, run).await;
    assert_eq!(
        (waiting.state.status, waiting.attempt),
        (RunStatus::Queued, 2)
    );
    assert_eq!(waiting.counts, throttled().counts);
    assert!(waiting.failures.is_empty() && waiting.reason_code.is_none());
    let pause = queue(&world, run, "available_at").await - before.0;
    assert!((5 * SECOND..15 * SECOND).contains(&pause), "{pause}");
    assert_eq!(queue(&world, run, "retries").await, 1);
    assert_eq!(queue(&world, run, "rescues").await, 0);
    let id = db.id(run.as_uuid());
    let why = format!("select waiting_code from run_queue where run_id = {id}");
    assert_eq!(db.raw.texts(&why).await, ["provider_throttled"]);
    // Not before its time.
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert!(started.running.is_empty() && started.refused.is_empty());
    assert_eq!(world.count("notifications", run).await, 0, "not over");

    wait_out(&world, run).await;
    let second = world.start_one().await;
    assert_eq!(second.key().attempt, 2);
    let done = world.store.run_items_done(&second).await.unwrap();
    assert_eq!(done, [("groups".to_owned(), 5)]);
    // The old attempt is nobody's any more, for a retry either.
    assert_eq!(retry(&world, &first, again()).await, Retrying::LeaseLost);
    assert_eq!(retry(&world, &second, again()).await, Retrying::Scheduled);
    wait_out(&world, run).await;
    let third = world.start_one().await;
    assert_eq!(retry(&world, &third, again()).await, Retrying::Spent);
    assert_eq!(row(&world, run).await.state.status, RunStatus::Running);
    world.store.run_finish(&third, &throttled()).await.unwrap();

    let over = row(&world, run).await;
    assert_eq!(over.state.outcome, RunOutcome::Failed);
    assert_eq!(over.reason_code.as_deref(), Some("provider_throttled"));
    let access = world.store.run(&world.owner, run).await.unwrap();
    let decisions = world.store.run_decisions(&access).await.unwrap();
    let phases: Vec<_> = decisions.iter().map(|d| d.phase).collect();
    let rescue = DecisionPhase::Rescue;
    assert_eq!(phases, [DecisionPhase::Start, rescue, rescue]);
    let attempts = world.store.run_attempts(&access).await.unwrap();
    let ended: Vec<_> = attempts
        .iter()
        .filter_map(|a| a.ended_by.as_deref())
        .collect();
    assert_eq!(ended, ["retried", "retried", "finished"]);
    for (action, times) in [
        ("run.retry_scheduled", 2),
        ("run.started", 3),
        ("run.rescued", 0),
        ("run.completed", 1),
    ] {
        assert_eq!(world.audited(action, run).await, times, "{action}");
    }
    assert_eq!(world.count("notifications", run).await, 1);
    let steps = world.store.run_steps(&access).await.unwrap();
    let told: serde_json::Value = serde_json::from_str(&steps[1].detail).unwrap();
    assert_eq!((&told["try"], &told["of"]), (&3.into(), &3.into()));
    assert_eq!(told["failed_attempt"], 2);
}

pub async fn l08_what_a_provider_asks_for_is_waited_for_or_the_run_ends(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    let run = running.key().run_id;
    let asked = |micros| Again {
        chance: Chance(0),
        stated_wait: Some(micros),
        ..again()
    };
    let answer = retry(&world, &running, asked(6 * MINUTE)).await;
    assert_eq!(answer, Retrying::Spent, "longer than any run waits");
    assert_eq!(world.audited("run.retry_scheduled", run).await, 0);
    let before = world.store.now().await.unwrap();
    let answer = retry(&world, &running, asked(4 * MINUTE)).await;
    assert_eq!(answer, Retrying::Scheduled);
    let available = queue(&world, run, "available_at").await;
    assert!(available >= before.plus(4 * MINUTE).0, "never earlier");
}

pub async fn l08_runs_are_tried_again_in_one_transaction(db: Arc<Database>) {
    let world = World::new(&db).await;
    world.sync(&world.owner).await;
    for n in 1..4 {
        let tenant = world.another_tenant(&format!("Tenant {n}")).await;
        accepted(world.ask_in(&world.owner, &tenant, InventorySync).await);
    }
    let running = world.store.runs_start(worker(), 10).await.unwrap().running;
    // One lost its lease, one is cancelled, one has asked for too long a wait, one is named twice.
    world.expire(running[0].key().run_id).await;
    assert_eq!(world.rescue().await.unwrap(), 1);
    let cancelled = running[1].key().run_id;
    let access = world.store.run(&world.owner, cancelled).await.unwrap();
    let answer = world.store.run_cancel(&world.owner, &access).await.unwrap();
    assert_eq!(answer, Cancel::Asked);
    let end = throttled();
    let long = Again {
        stated_wait: Some(i64::MAX),
        ..again()
    };
    let group = [
        (&running[0], &end, again()),
        (&running[1], &end, again()),
        (&running[2], &end, long),
        (&running[3], &end, again()),
        (&running[3], &end, again()),
    ];
    let answers = world.store.runs_retry(&group).await.unwrap();
    let (lost, cancel, spent, done) = (
        Retrying::LeaseLost,
        Retrying::Cancelled,
        Retrying::Spent,
        Retrying::Scheduled,
    );
    assert_eq!(answers, [lost, cancel, spent, done, lost]);
    let over = row(&world, cancelled).await;
    assert_eq!(over.state.outcome, RunOutcome::Cancelled);
    assert_eq!(over.failures, end.failures, "what went wrong stays");
    assert_eq!(world.count("run_queue", cancelled).await, 0);
    assert_eq!(world.count("notifications", cancelled).await, 1);
    let spent = row(&world, running[2].key().run_id).await;
    assert_eq!(spent.state.status, RunStatus::Running);
    assert_eq!(
        world
            .audited("run.retry_scheduled", running[3].key().run_id)
            .await,
        1
    );
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

pub async fn l08_a_try_meets_the_revocation(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    let running = world.running(&operator, InventorySync).await;
    let run = running.key().run_id;
    item_done(&world, &running).await;
    assert_eq!(retry(&world, &running, again()).await, Retrying::Scheduled);
    let user = operator.user_id();
    world
        .store
        .tenant_role_set(&world.owner, &world.tenant, user, Role::Readonly)
        .await
        .unwrap();
    wait_out(&world, run).await;
    let started = world.store.runs_start(worker(), 10).await.unwrap();
    assert_eq!((started.running.len(), started.refused.len()), (0, 1));
    let row = row(&world, run).await;
    assert_eq!(row.state.outcome, RunOutcome::PartiallySucceeded);
    assert_eq!(row.blocked_phase.as_deref(), Some("rescue"));
    assert_eq!(world.count("notifications", run).await, 1);
}

pub async fn l08_a_try_that_the_ledger_knows_otherwise_is_told_and_stops_no_other(
    db: Arc<Database>,
) {
    let world = World::new(&db).await;
    world.sync(&world.owner).await;
    let second = world.another_tenant("Second").await;
    accepted(world.ask_in(&world.owner, &second, InventorySync).await);
    let running = world.store.runs_start(worker(), 10).await.unwrap().running;
    let [odd, other] = &running[..] else {
        panic!("{running:?}");
    };
    // The ledger says another attempt than the queue does.
    open_the_wall(&db, "operation_runs").await;
    let id = db.id(odd.key().run_id.as_uuid());
    let sql = format!(
        "update operation_runs set attempt = 7, started_attempt = null, status = 'queued' where id = {id}"
    );
    assert_eq!(db.raw.run(&sql).await, 1);
    let end = throttled();
    let group = [(odd, &end, again()), (other, &end, again())];
    let answers = world.store.runs_retry(&group).await.unwrap();
    assert_eq!(answers, [Retrying::LeaseLost, Retrying::Scheduled]);
    let audited = async |run: &Running| {
        let run = run.key().run_id;
        world.audited("run.retry_scheduled", run).await
    };
    assert_eq!((audited(odd).await, audited(other).await), (0, 1));
}
