//! The gate asked again about a run that is at work (L-10).

use std::sync::Arc;

use domain::{
    capability::Role,
    operation::OperationType::InventorySync,
    reason::DenialClass,
    run::{DecisionPhase, RunOutcome, RunStatus},
    summary::SummaryCounts,
};
use policy::Running;
use store::{Asked, ItemOutcome, LabWrite, StoreError, WorkedOutcome};

use crate::{
    database::Database,
    denials::{EXPECTED, restore, revoke},
    world::{World, end, worker},
};

async fn goes_on(world: &World, running: &Running) -> bool {
    match world.store.checkpoint(running).await.unwrap() {
        Asked::GoOn(_) => true,
        Asked::Refused(key) => {
            assert_eq!(key, running.key());
            false
        }
        Asked::CancelRequested => panic!("nobody asked for that"),
    }
}

pub async fn item(world: &World, running: &Running, outcome: &'static str) {
    let item = ItemOutcome {
        position: 0,
        key: "groups",
        label: "Groups",
        outcome,
        reason_code: None,
        message: None,
        objects: None,
    };
    let counts = SummaryCounts::default();
    let written = world.store.run_progress(running, &item, &counts).await;
    written.unwrap();
}

/// Nobody's run any more: every way on is closed.
async fn is_over_for(world: &World, running: &Running) {
    let again = world.store.checkpoint(running).await;
    assert!(matches!(again, Err(StoreError::LeaseLost)), "{again:?}");
    let end = end(WorkedOutcome::Succeeded);
    let late = world.store.run_finish(running, &end).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let back = world
        .store
        .run_hand_back(running, store::GivenBack::Stopping)
        .await;
    assert!(matches!(back, Err(StoreError::LeaseLost)), "{back:?}");
}

pub async fn l10_a_checkpoint_that_allows_leaves_no_trace(db: Arc<Database>) {
    let world = World::new(&db).await;
    let running = world.running(&world.owner, InventorySync).await;
    let run = running.key().run_id;
    let head = "select sequence from audit_heads";
    let before = db.raw.int(head).await;
    for _ in 0..3 {
        assert!(goes_on(&world, &running).await);
    }
    assert_eq!(db.raw.int(head).await, before);
    assert_eq!(world.count("run_checkpoints", run).await, 0);
    assert_eq!(world.count("run_decisions", run).await, 1);
    world.succeed(running).await;
}

pub async fn l10_every_revocation_stops_a_run_that_is_at_work(db: Arc<Database>) {
    let world = World::new(&db).await;
    for (index, (revocation, code)) in EXPECTED.into_iter().enumerate() {
        let operator = world.operator(&format!("operator{index}")).await;
        let running = world.running(&operator, InventorySync).await;
        let run = running.key().run_id;
        assert!(goes_on(&world, &running).await, "{revocation:?}");
        revoke(&world, revocation, &operator).await;
        assert!(!goes_on(&world, &running).await, "{revocation:?}");

        let access = world.store.run(&world.owner, run).await.unwrap();
        let row = access.run();
        assert_eq!(row.state.status, RunStatus::Completed);
        assert_eq!(row.state.outcome, RunOutcome::Blocked, "{revocation:?}");
        assert_eq!(row.refusal_code(), Some(code));
        assert_eq!(row.denial_class, Some(code.class()));
        assert_eq!(row.blocked_phase.as_deref(), Some("checkpoint"));
        assert!(row.started_at.is_some());
        let decisions = world.store.run_decisions(&access).await.unwrap();
        let told: Vec<_> = decisions.iter().map(|d| (d.phase, d.allowed)).collect();
        assert_eq!(
            told,
            [
                (DecisionPhase::Start, true),
                (DecisionPhase::Checkpoint, false)
            ]
        );
        assert_eq!(decisions[1].reason_code, Some(code));
        assert!(decisions[1].decided_at >= decisions[0].decided_at);
        let attempts = world.store.run_attempts(&access).await.unwrap();
        assert_eq!(attempts[0].ended_by.as_deref(), Some("refused"));
        assert_eq!(world.audited("run.blocked", run).await, 1);
        assert_eq!(world.audited("run.completed", run).await, 0);
        assert_eq!(world.count("run_queue", run).await, 0);
        let told = i64::from(code.class() != DenialClass::InitiatorInvalid);
        if told == 1 {
            assert_eq!(world.count("notifications", run).await, 1);
        }
        is_over_for(&world, &running).await;
        restore(&world, revocation).await;
    }
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

pub async fn l10_a_refused_checkpoint_keeps_what_was_done(db: Arc<Database>) {
    let world = World::new(&db).await;
    for (index, (done, outcome)) in [
        ("running", RunOutcome::Blocked),
        ("failed", RunOutcome::Blocked),
        ("succeeded", RunOutcome::PartiallySucceeded),
    ]
    .into_iter()
    .enumerate()
    {
        let operator = world.operator(&format!("operator{index}")).await;
        let running = world.running(&operator, InventorySync).await;
        let run = running.key().run_id;
        item(&world, &running, done).await;
        let (store, user) = (&world.store, operator.user_id());
        store
            .tenant_role_set(&world.owner, &world.tenant, user, Role::Readonly)
            .await
            .unwrap();
        assert!(!goes_on(&world, &running).await);
        let access = store.run(&world.owner, run).await.unwrap();
        assert_eq!(access.run().state.outcome, outcome, "{done}");
        assert_eq!(access.run().blocked_phase.as_deref(), Some("checkpoint"));
        assert_eq!(
            access.run().reason_code.as_deref(),
            Some("missing_capability")
        );
        let items = store.run_items(&access).await.unwrap();
        assert_eq!(items.len(), 1, "done items stay listed");
        assert_eq!(world.count("notifications", run).await, 1);
        assert_eq!(world.audited("run.blocked", run).await, 1);
    }
}

pub async fn l10_a_checkpoint_is_of_its_own_attempt_alone(db: Arc<Database>) {
    let world = World::new(&db).await;
    let old = world.running(&world.owner, InventorySync).await;
    let run = old.key().run_id;
    world.expire(run).await;
    world.rescue().await.unwrap();
    is_over_for(&world, &old).await;
    let new = world.start_one().await;
    is_over_for(&world, &old).await;
    assert!(goes_on(&world, &new).await);
    world.succeed(new).await;
    assert_eq!(world.audited("run.blocked", run).await, 0);
}

pub async fn l14_a_system_run_refused_at_a_checkpoint_tells_nobody(db: Arc<Database>) {
    let world = World::new(&db).await;
    let run = world.sync_by_system().await;
    let running = world.start_one().await;
    assert!(goes_on(&world, &running).await);
    world
        .store
        .connection_disable(&world.owner, &world.tenant, world.connection)
        .await
        .unwrap();
    assert!(!goes_on(&world, &running).await);
    assert_eq!(world.count("notifications", run).await, 0);
    assert_eq!(world.audited("run.blocked", run).await, 1);
}

pub async fn a_cancelled_run_that_writes_stops_at_its_checkpoint(db: Arc<Database>) {
    let mut world = World::new(&db).await;
    world.laboratory().await;
    let writes = LabWrite {
        items: 1,
        seed: 1,
        ..LabWrite::default()
    };
    let (store, owner) = (&world.store, &world.owner);
    store
        .lab_write_request(owner, &world.tenant, writes)
        .await
        .unwrap();
    world.ask(owner, InventorySync).await;
    let mut running = store.runs_start(worker(), 2).await.unwrap().running;
    running.sort_by_key(|running| running.operation());
    let (reading, writing) = (running.remove(0), running.remove(0));
    assert!(goes_on(&world, &writing).await);
    db.raw
        .run("update run_queue set cancel_requested_at = 1")
        .await;
    let asked = store.checkpoint(&writing).await.unwrap();
    assert!(matches!(asked, Asked::CancelRequested), "{asked:?}");
    // What only reads is ended from outside.
    assert!(goes_on(&world, &reading).await);
    // Refusal goes before the wish: it is written down, the wish is not lost.
    store
        .connection_disable(owner, &world.tenant, world.connection)
        .await
        .unwrap();
    assert!(!goes_on(&world, &writing).await);
    store.close().await;
}
